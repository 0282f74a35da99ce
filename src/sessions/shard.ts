// Which UserObject decides for a user. Fixed when the account is made, so that it can travel in the session token.

/** Continents by the platform's code; `xx` where it says none. The object is created near the first request for it. */
const places = new Set(['af', 'an', 'as', 'eu', 'na', 'oc', 'sa'])

/** `place-number`. The id is random in its last digits (UUIDv7), so users spread evenly. */
export function shardOf(userId: string, continent: string | null, shards: number): string {
  const place = continent !== null && places.has(continent.toLowerCase()) ? continent.toLowerCase() : 'xx'
  return `${place}-${Number.parseInt(userId.slice(-8), 16) % shards}`
}

/** The object's name for a shard, or null for one that no account can have: names from outside must not make objects. */
export function userObjectName(shard: string, shards: number): string | null {
  const [place = '', number = ''] = shard.split('-')
  const isKnown = (places.has(place) || place === 'xx') && String(Number(number)) === number && Number(number) < shards
  return isKnown ? `user:${place}:${number}` : null
}
