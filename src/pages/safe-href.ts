// Browsers drop tabs and line breaks inside an address and read `\` as `/`: such a text is never what it looks like.
const DISGUISE = /[\p{Cc}\s\\]/u

/** A path of this site or an http(s) address; everything else (javascript:, data:, //host) must not become a link. */
export function safeHref(address: string | null | undefined): string | null {
  if (address === null || address === undefined || DISGUISE.test(address)) return null
  if (address.startsWith('/')) return address.startsWith('//') ? null : address
  if (!/^https?:\/\//i.test(address)) return null
  return URL.canParse(address) ? address : null
}
