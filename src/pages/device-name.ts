import { fill } from './format.ts'
import type { Texts } from './texts/en.ts'

type Rule = readonly [pattern: RegExp, name: string]

// Order matters: Edge and Opera also say Chrome, Chrome also says Safari, Android also says Linux.
const BROWSERS: readonly Rule[] = [
  [/\bEdg(?:A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Chrome|CriOS)\//, 'Chrome'],
  [/\bVersion\/\S+ .*Safari\//, 'Safari'],
  [/^curl\//, 'curl'],
]

const SYSTEMS: readonly Rule[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
]

const firstMatch = (rules: readonly Rule[], text: string): string | null =>
  rules.find(([pattern]) => pattern.test(text))?.[1] ?? null

export type Device = { readonly browser: string | null; readonly system: string | null }

/** A rough name for a person to recognise a session by; nothing may be decided on it. */
export function readDevice(userAgent: string | null): Device {
  const text = (userAgent ?? '').slice(0, 512)
  return { browser: firstMatch(BROWSERS, text), system: firstMatch(SYSTEMS, text) }
}

/** The same in words. */
export function deviceText(userAgent: string | null, t: Texts['account']): string {
  const { browser, system } = readDevice(userAgent)
  if (browser !== null && system !== null) return fill(t.deviceOn, { browser, system })
  return browser ?? system ?? t.unknownDevice
}
