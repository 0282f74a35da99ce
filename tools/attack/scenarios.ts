import { pumpedNumbers } from './phones.ts'
import type { Call } from './target.ts'

export type Scenario = {
  id: string
  title: string
  attempt: (index: number) => Call
  /** What the attacker wants is a text at somebody's cost: answers are alike on purpose, so texts are counted instead. */
  wantsTexts?: boolean
}

export type ScenarioFacts = {
  /** People who have an account, whose addresses have leaked. */
  known: readonly string[]
  /** Whose account is guessed at from everywhere. */
  victim: string
  /** The part of the IPv6 space that the attackers have, as four hexadecimal digits each. */
  networks: { one64: string; one48: string }
}

const nobody = (index: number): string => `list-${index}@leaked.example`

/** Of three addresses in a leaked list one has an account here. */
const listed = ({ known }: ScenarioFacts, index: number): string =>
  index % 3 === 0 ? (known[(index / 3) % known.length] ?? nobody(index)) : nobody(index)

const login = (email: string, ip: string, index: number): Call => ({
  method: 'POST',
  path: '/auth/v1/login',
  ip,
  body: { email, password: `leaked-password-${index}` },
})

/** Each scenario has a block of addresses of its own, so that none inherits the penalties of another. */
const ipv4 = (block: number, index: number): string => `198.${block}.${index >> 8}.${index & 255}`

const hex = (value: number): string => (value & 0xffff).toString(16)

/** One row an attack. Another kind of attack is another row. */
export const scenarios = (facts: ScenarioFacts): readonly Scenario[] => [
  {
    id: 'stuffing-one',
    title: 'credential stuffing from one address',
    attempt: (index) => login(listed(facts, index), ipv4(18, 1), index),
  },
  {
    id: 'stuffing-500',
    title: 'credential stuffing from 500 addresses',
    attempt: (index) => login(listed(facts, index), ipv4(19, index % 500), index),
  },
  {
    id: 'enumeration-one',
    title: 'enumeration by password reset, one address',
    attempt: (index) => ({
      method: 'POST',
      path: '/auth/v1/password/forgot',
      ip: ipv4(20, 1),
      body: { email: listed(facts, index) },
    }),
  },
  {
    id: 'enumeration-500',
    title: 'enumeration by sign-up, reset and magic link, 500 addresses',
    attempt: (index) => {
      const email = nobody(1_000_000 + index)
      const ways = [
        { path: '/auth/v1/signup', body: { email, password: 'correct horse battery staple' } },
        { path: '/auth/v1/password/forgot', body: { email } },
        { path: '/auth/v1/magic-link/start', body: { email } },
      ]
      const { path, body } = ways[index % ways.length] ?? { path: '/auth/v1/password/forgot', body: { email } }
      return { method: 'POST', path, ip: ipv4(21, index % 500), body }
    },
  },
  {
    id: 'ipv6-64',
    title: 'guessing with every address of an IPv6 /64',
    attempt: (index) =>
      login(listed(facts, index), `${facts.networks.one64}:${hex(index * 40_503)}:${hex(index)}:0:1`, index),
  },
  {
    id: 'ipv6-48',
    title: 'guessing with every /64 of an IPv6 /48',
    attempt: (index) => login(listed(facts, index), `${facts.networks.one48}:${hex(index)}::1`, index),
  },
  {
    id: 'one-account',
    title: 'guessing one account from 500 addresses',
    attempt: (index) => login(facts.victim, ipv4(22, index % 500), index),
  },
  {
    id: 'sms-pumping',
    title: 'SMS pumping over 1,000 numbers from 500 addresses',
    wantsTexts: true,
    attempt: (index) => ({
      method: 'POST',
      path: '/auth/v1/phone/start',
      ip: ipv4(23, index % 500),
      body: { phone: pumpedNumbers[index % pumpedNumbers.length] },
    }),
  },
]
