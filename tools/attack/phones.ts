import pg from 'pg'

/** Numbers of accounts that attackers have made over time: each is worth a text whenever somebody asks for one. */
export const pumpedNumbers: readonly string[] = Array.from(
  { length: 1000 },
  (_, index) => `+447400${String(index).padStart(6, '0')}`,
)

export const seedPumpedNumbers = async (databaseUrl: string): Promise<void> => {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5000 })
  await client.connect()
  try {
    await client.query(
      `with made as (
         insert into users (id, email, email_verified_at, shard)
         select gen_random_uuid(), 'pumped' || phone || '@example.com', now(), 'xx-0' from unnest($1::text[]) phone
         returning id, email)
       insert into phone_credentials (user_id, phone, use)
       select id, substring(email from '[+][0-9]+'), 'sign-in' from made`,
      [pumpedNumbers],
    )
  } finally {
    await client.end()
  }
}
