/** Whether a raw request URL asks for exactly `path`; without parsing, because it runs for every request. */
export function isPath(url: string, path: string): boolean {
  return url.endsWith(path) && url.indexOf('/', 8) === url.length - path.length
}
