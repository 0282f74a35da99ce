// What Hono's handlers of the gateway's own paths are given.
import { Hono } from 'hono'
import type { Exchange } from './exchange.ts'

export interface GatewayEnv {
  Bindings: { exchange: Exchange }
}

export function createApp(): Hono<GatewayEnv> {
  return new Hono<GatewayEnv>({ strict: true })
}
