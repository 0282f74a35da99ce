// Stands for the packages that @simplewebauthn/server reads certificates with (wrangler.toml, `alias`). Portcullis asks for no
// attestation and takes no statement with certificates, so nothing of them is ever called: a reader of X.509 and a fetcher
// of revocation lists, for addresses that come from a stranger, are left out of the bundle.
module.exports = {}
