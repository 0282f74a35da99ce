/** Links between the pages keep where the person wanted to go. */
export const withReturnTo = (path: string, returnTo: string | null | undefined): string =>
  returnTo === null || returnTo === undefined ? path : `${path}?return_to=${encodeURIComponent(returnTo)}`
