import type { Mechanism } from "kafkajs";

const SEPARATOR = "\u0001";

/**
 * Login by OAUTHBEARER (RFC 7628). kafkajs's own takes every answer for a yes: a broker that refuses the token says so in
 * an answer without an error, waits for one more byte, and then hangs up on whatever comes instead, which looks like an outage.
 */
export function bearerToken(token: string): Mechanism {
  return {
    mechanism: "oauthbearer",
    authenticationProvider: ({ saslAuthenticate }) => ({
      authenticate: async () => {
        const refused = await saslAuthenticate({ request: sized(`n,,${SEPARATOR}auth=Bearer ${token}${SEPARATOR}${SEPARATOR}`), response });
        if (refused === undefined || refused === "") return;
        await saslAuthenticate({ request: sized(SEPARATOR), response }).catch(() => undefined); // ends the exchange; what it is was said before
        throw new Error(`SASL OAUTHBEARER: the broker refuses the token: ${refused}`);
      },
    }),
  };
}

/** As an exchange carries it: length, bytes. */
function sized(text: string): { encode(): Buffer } {
  const bytes = Buffer.from(text);
  return {
    encode: () => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(bytes.length);
      return Buffer.concat([length, bytes]);
    },
  };
}

const response = { decode: (answer: Buffer): Buffer => answer.subarray(4), parse: (data: Buffer): string => data.toString() };
