// How likely it is that a sign-in is not the owner's, before it becomes a session; and what is remembered once it has.
// Never the reason why a login fails to be answered: what cannot be asked is left out.
import { type HabitsOf, findHabits, keepHabits } from '../db/queries/login-habits.ts'
import { text } from '../db/values.ts'
import { type Exchange, singleCookie } from '../exchange.ts'
import { log } from '../log.ts'
import { readDevice } from '../pages/device-name.ts'
import { deviceCookieName } from '../sessions/cookie.ts'
import { unsuspected } from '../threats/detectors/watched.ts'
import { networkReport, placeOf } from '../threats/network-report.ts'
import { featureNames } from '../threats/risk/features.ts'
import { type Habits, type Visit, learned } from '../threats/risk/habits.ts'
import type { RiskVerdict } from '../threats/risk/risk.ts'

export interface LoginRisk extends RiskVerdict {
  /** For the trail. */
  readonly details: Readonly<Record<string, string | number | boolean | null>>
}

/** What the reading of habits may take, apart from what the login itself may. */
const habitsWaitMs = 500

/** Null while the site wants none, and while habits cannot be read: nobody is judged as a stranger for that. The same work whether or not there is such a person. */
export async function assessRisk(exchange: Exchange, who: HabitsOf, failuresBefore: number): Promise<LoginRisk | null> {
  const { deps, client, request, context } = exchange
  if (deps.risk.state === 'off') return null
  const [address, network] = deps.watched.places(client)
  const [known, ofAddress, ofNetwork] = await Promise.all([
    readHabits(exchange, who),
    address === undefined ? unsuspected : deps.watch.suspicion(address),
    network === undefined ? unsuspected : deps.watch.suspicion(network),
  ])
  if (!known.isKnown) return null
  const listed = deps.networks.lookup(client.ip, context)
  const email = 'email' in who ? who.email : known.email
  const facts = {
    visit: visitOf(exchange),
    habits: known.habits,
    isMarkedDevice: isMarked(exchange, email),
    accountFailures: Math.max(0, failuresBefore),
    address: ofAddress,
    network: ofNetwork,
    listed: listed.kinds,
    botScore: botScoreOf(request.cf),
  }
  const verdict = deps.risk.judge(facts, deps.lockouts.accountOf(email ?? ''))
  const report = networkReport(listed, placeOf(request.cf))
  const details = {
    risk_score: verdict.score,
    country: report.country,
    ...(report.knownThreatIP ? { known_threat: true } : {}),
    ...(report.vpnDetected ? { vpn: true } : {}),
    ...(verdict.isImpossibleTravel ? { impossible_travel: true } : {}),
    ...(verdict.reasons.length > 0
      ? { risk_reasons: verdict.reasons.map((reason) => featureNames[reason]).join(', ') }
      : {}),
  }
  return { ...verdict, details }
}

/** Judged and put on record, and nothing comes of it: where what was proven is more than could be asked for. */
export function forTheRecord(risk: LoginRisk | null): LoginRisk | null {
  return risk === null ? null : { ...risk, isEnforced: false }
}

/** After a session was opened, behind the answer: this is one of the owner's ways from now on. */
export function learnVisit(exchange: Exchange, userId: string): void {
  if (exchange.deps.risk.state === 'off') return
  exchange.context.waitUntil(learn(exchange, userId))
}

async function learn(exchange: Exchange, userId: string): Promise<void> {
  const visit = visitOf(exchange)
  const { habits, isKnown } = await readHabits(exchange, { userId })
  // What could not be read must not be replaced.
  if (!isKnown) return
  const database = exchange.deps.database.within({ leftMs: habitsWaitMs })
  await database.writeIdempotent(keepHabits(userId, learned(habits, visit))).catch(logFault)
}

interface Known {
  readonly isKnown: boolean
  readonly habits: Habits | null
  readonly email: string | null
}

async function readHabits({ deps }: Exchange, who: HabitsOf): Promise<Known> {
  try {
    const [row] = await deps.database.within({ leftMs: habitsWaitMs }).read(findHabits(who))
    if (row === undefined) return { isKnown: true, habits: null, email: null }
    // Written by `learn` alone.
    const habits = (typeof row['habits'] === 'string' ? JSON.parse(row['habits']) : row['habits']) as Habits | null
    return { isKnown: true, habits, email: row['email'] === null ? null : text(row, 'email') }
  } catch (error) {
    logFault(error)
    return { isKnown: false, habits: null, email: null }
  }
}

function logFault(error: unknown): void {
  log('warn', 'login habits not at hand', {
    reason: error instanceof Error ? `${error.name}: ${error.message}` : 'unknown',
  })
}

function visitOf({ deps, client, request }: Exchange): Visit {
  const { country, latitude, longitude } = placeOf(request.cf)
  const { browser, system } = readDevice(client.userAgent)
  const network = deps.watched.network(client)
  return {
    atMs: deps.now(),
    country,
    latitude: rounded(latitude),
    longitude: rounded(longitude),
    network: network === null ? null : deps.watched.hashOf(network.key),
    device: deps.watched.hashOf(`${browser} ${system}`),
  }
}

/** Eleven kilometres: nobody's street. */
function rounded(degrees: number | null): number | null {
  return degrees === null ? null : Math.round(degrees * 10) / 10
}

function isMarked(exchange: Exchange, email: string | null): boolean {
  const { knownDevices, lockouts } = exchange.deps
  if (email === null) return false
  return knownDevices.deviceOf(singleCookie(exchange, deviceCookieName), lockouts.accountOf(email)) !== null
}

function botScoreOf(cf: Readonly<Record<string, unknown>> | undefined): number | null {
  const management = cf?.['botManagement']
  if (typeof management !== 'object' || management === null || !('score' in management)) return null
  const { score } = management
  return typeof score === 'number' && score >= 1 && score <= 99 ? score : null
}
