/** @jsxImportSource hono/jsx */
import { fill } from './format.ts'
import type { PageBase } from './layout.tsx'

export type ProviderLink = { readonly id: string; readonly name: string }

type Base = PageBase & { readonly basePath: string; readonly returnTo?: string | null | undefined }

/** Links, not forms: a form of these pages may not lead to another site, and nothing is changed by following one. */
export const ProviderLinks = (props: {
  base: Base
  providers: readonly ProviderLink[]
  /** Asks for a proof of now. */
  fresh?: boolean
}) => {
  const { basePath, returnTo, texts } = props.base
  const query = new URLSearchParams({
    ...(typeof returnTo === 'string' ? { return_to: returnTo } : {}),
    ...(props.fresh === true ? { prompt: 'login' } : {}),
  }).toString()
  if (props.providers.length === 0) return null
  return (
    <div class="providers">
      {props.providers.map(({ id, name }) => (
        <a class="button quiet block" href={`${basePath}/v1/oidc/${id}/start${query === '' ? '' : `?${query}`}`}>
          {fill(texts.login.provider, { provider: name })}
        </a>
      ))}
    </div>
  )
}
