/** @jsxImportSource hono/jsx */
import { readMoment, type Moment } from './format.ts'

export const Time = ({ moment, lang }: { moment: Moment; lang: string }) => {
  const read = readMoment(moment, lang)
  return read === null ? <>–</> : <time datetime={read.iso}>{read.shown}</time>
}
