// What every figure is a share of: the least a Worker in front of a site can do.
type Bindings = { readonly ORIGIN_URL: string }

export default {
  fetch: (request: Request, { ORIGIN_URL }: Bindings): Promise<Response> =>
    fetch(ORIGIN_URL + request.url.slice(request.url.indexOf('/', 8)), request),
}
