/** What is not answered in time is answered by nobody: rejects with `lateness` then. The question itself goes on. */
export async function inTime<Answer>(ms: number, lateness: string, ask: () => Promise<Answer>): Promise<Answer> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const tooLate = new Promise<never>((_, refuse) => {
    timer = setTimeout(() => refuse(new Error(lateness)), ms)
  })
  try {
    return await Promise.race([ask(), tooLate])
  } finally {
    clearTimeout(timer)
  }
}
