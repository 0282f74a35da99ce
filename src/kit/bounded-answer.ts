// What another server answers, of which no more is read than it can have to say: who is asked may be broken, or somebody else.

export const mostAnswerBytes = 64 * 1024

/** Null: it is larger. Counted while it comes: a length can be left out, and what is compressed says nothing of what it becomes. */
export async function readBounded({ body }: Response): Promise<Uint8Array | null> {
  if (body === null) return new Uint8Array()
  const bytes = new Uint8Array(mostAnswerBytes)
  let length = 0
  for await (const chunk of body as ReadableStream<Uint8Array>) {
    // Leaving the loop cancels the rest.
    if (length + chunk.length > mostAnswerBytes) return null
    bytes.set(chunk, length)
    length += chunk.length
  }
  return bytes.slice(0, length)
}

/** Throws where it is no JSON, or larger. */
export async function readJson(response: Response): Promise<unknown> {
  const bytes = await readBounded(response)
  if (bytes === null) throw new RangeError('the answer is too large')
  return JSON.parse(new TextDecoder().decode(bytes))
}
