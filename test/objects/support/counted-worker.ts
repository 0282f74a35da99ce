// The worker as coverage runs enter it: its own answers, and at one secret path what of it has run.
import worker from '../../../src/worker.ts'

export * from '../../../src/worker.ts'

export default {
  ...worker,
  fetch(request, env, context) {
    const { COVERAGE_PATH: path } = env as unknown as { COVERAGE_PATH?: string }
    if (path === undefined || !request.url.endsWith(path)) return worker.fetch(request, env, context)
    return Response.json(Reflect.get(globalThis, '__coverage__') ?? {})
  },
} satisfies ExportedHandler<Env>
