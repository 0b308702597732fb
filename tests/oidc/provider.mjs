// A whole identity provider, with sign-in pages of its own, on a port of its own choice. Its argument
// says who may use it; a line {"rotate": true} gives it new keys.
import { createServer } from 'node:http';

import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';

import { serve } from './lines.mjs';

const settings = JSON.parse(process.argv[2]);

// Whoever signs in as x is x@example.it. `unverified` has not shown that the address is hers.
const claimsOf = (login) => ({
  sub: `subject-of-${login}`,
  name: `Name of ${login}`,
  email: `${login}@example.it`,
  email_verified: login !== 'unverified',
  groups: login === 'anna' ? ['inrete-coordinators', 'canteen'] : [],
});

async function keys(alg) {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, alg, use: 'sig', kid: `${alg}-${Date.now()}` };
}

async function provider(issuer) {
  const made = new Provider(issuer, {
    clients: [
      {
        client_id: 'inrete',
        client_secret: 'a secret of the tests',
        redirect_uris: [settings.redirect],
        post_logout_redirect_uris: [settings.signed_out],
        id_token_signed_response_alg: settings.alg ?? 'RS256',
      },
      {
        client_id: 'inrete-public',
        token_endpoint_auth_method: 'none',
        redirect_uris: [settings.redirect],
        post_logout_redirect_uris: [settings.signed_out],
      },
    ],
    claims: {
      openid: ['sub'],
      profile: ['name'],
      email: ['email', 'email_verified'],
      groups: ['groups'],
    },
    scopes: ['openid', 'profile', 'email', 'groups'],
    findAccount: (_, login) => ({ accountId: login, claims: () => claimsOf(login) }),
    pkce: { methods: ['S256'], required: () => true },
    cookies: { keys: ['keys of the tests'] },
    jwks: { keys: [await keys('RS256'), await keys('ES256')] },
  });
  return made.callback();
}

let issuer;
let current;
const server = createServer((request, response) => current(request, response));
serve(
  server,
  async (place) => {
    issuer = place;
    current = await provider(issuer);
  },
  async (line) => {
    if (line.rotate) current = await provider(issuer);
  },
);
