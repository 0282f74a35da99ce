// Turns a published list into prefixes, piece by piece as it comes, or says why it is not such a list.
import { type Result, fail, succeed } from '../../kit/result.ts'
import { type ListFormat, listFormats } from './list-formats.ts'
import { type Prefix, parsePrefix } from './prefix.ts'
import { type PrefixSet, collectPrefixes } from './prefix-set.ts'

export type ListProblem = 'unreadable' | 'empty' | 'too broad' | 'too many entries'

export interface ListParser {
  take(text: string): void
  finish(): Result<PrefixSet, ListProblem>
}

/** One entry of such a width is a slip, or somebody else's hand, and would keep out a good part of everybody. */
const broadest = { short: 8, long: 16 }
export const mostEntries = 2_000_000
/** A page of an error has no such lines at all; a list may have a few that are newer than this code. */
const mostOddShare = 0.01
const longestLine = 4096

export function createListParser(format: ListFormat): ListParser {
  const readLine = listFormats[format]
  const collector = collectPrefixes()
  let rest = ''
  let odd = 0
  let isTooBroad = false

  function takeLine(line: string): void {
    const text = readLine(line)
    if (text === null) return
    const prefix = text === undefined ? null : parsePrefix(text)
    if (prefix === null) odd += 1
    else if (isTooWide(prefix)) isTooBroad = true
    else if (!isNobodys(prefix) && collector.count <= mostEntries) collector.add(prefix)
  }

  return {
    take(text) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) takeLine(line)
      if (rest.length <= longestLine) return
      odd += 1
      rest = ''
    },
    finish() {
      takeLine(rest)
      const { count } = collector
      if (odd > (count + odd) * mostOddShare) return fail('unreadable')
      if (isTooBroad) return fail('too broad')
      if (count > mostEntries) return fail('too many entries')
      return count === 0 ? fail('empty') : succeed(collector.compile())
    },
  }
}

function isTooWide(prefix: Prefix): boolean {
  if (isNobodys(prefix)) return false
  return prefix.length < (prefix.words.length === 1 ? broadest.short : broadest.long)
}

/** 224.0.0.0/3 is no client's address; lists of unassigned space name it whole. */
function isNobodys({ words, length }: Prefix): boolean {
  return words.length === 1 && length >= 3 && words[0] >= 0xe0000000
}
