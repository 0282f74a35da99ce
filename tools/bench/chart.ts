import type { Report } from './report.ts'
export const chartPage = (_: Report): string => ''
