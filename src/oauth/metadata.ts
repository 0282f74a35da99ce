// What this server offers, as clients discover it (OpenID Connect Discovery §3, RFC 8414 §2). Only what is there.
import { assuranceLevels } from './authorization-request.ts'
import { assertionAlgorithms } from '../tokens/client-keys.ts'
import { proofAlgorithms } from '../tokens/dpop.ts'
import { endpointPaths, frontPaths } from './endpoint.ts'
import { knownClaims, knownScopes } from '../tokens/person-claims.ts'
import { grantTypes } from './token.ts'

export function metadata(issuer: string, basePath: string): Readonly<Record<string, unknown>> {
  const at = (path: string): string => issuer + basePath + path
  const proven = ['client_secret_basic', 'private_key_jwt']
  return {
    issuer,
    authorization_endpoint: at(frontPaths.authorize),
    token_endpoint: at(endpointPaths.token),
    userinfo_endpoint: at(endpointPaths.userinfo),
    introspection_endpoint: at(endpointPaths.introspect),
    revocation_endpoint: at(endpointPaths.revoke),
    end_session_endpoint: at(frontPaths.logout),
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    scopes_supported: knownScopes,
    claims_supported: [...knownClaims, 'sid', 'auth_time', 'acr', 'amr', 'nonce'],
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: grantTypes,
    code_challenge_methods_supported: ['S256'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    acr_values_supported: Object.keys(assuranceLevels),
    prompt_values_supported: ['none', 'login', 'consent'],
    token_endpoint_auth_methods_supported: [...proven, 'none'],
    token_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    introspection_endpoint_auth_methods_supported: proven,
    introspection_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    revocation_endpoint_auth_methods_supported: [...proven, 'none'],
    revocation_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    dpop_signing_alg_values_supported: proofAlgorithms,
    authorization_response_iss_parameter_supported: true,
    claims_parameter_supported: false,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
  }
}
