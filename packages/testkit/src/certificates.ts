import { generateKeyPairSync } from "node:crypto";
import forge from "node-forge";

/** PEM texts. */
export interface Certified {
  readonly cert: string;
  readonly key: string;
}

/** An authority of a test: what it signs is trusted by whoever is given `cert`. */
export interface Authority extends Certified {
  sign(options: SignOptions): Certified;
}

export interface SignOptions {
  readonly name: string;
  /** Host names and addresses that the certificate speaks for. */
  readonly hosts?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

const DAY_MS = 86_400_000;
/** Two bytes that do not begin with zeros. */
let serial = 0x1001;

/** Certificates that only this test run believes; `now` decides what is valid. */
export function createAuthority(name: string, now: Date): Authority {
  const own = keyPair();
  const subject = [{ name: "commonName", value: name }];
  const make = (options: SignOptions, keys: KeyPair, extensions: object[]): string => {
    const certificate = forge.pki.createCertificate();
    certificate.serialNumber = (serial++).toString(16);
    certificate.validity.notBefore = options.notBefore ?? new Date(now.getTime() - DAY_MS);
    certificate.validity.notAfter = options.notAfter ?? new Date(now.getTime() + DAY_MS);
    certificate.publicKey = keys.public;
    certificate.setSubject([{ name: "commonName", value: options.name }]);
    certificate.setIssuer(subject);
    certificate.setExtensions(extensions);
    certificate.sign(own.private, forge.md.sha256.create());
    return forge.pki.certificateToPem(certificate);
  };
  const cert = make({ name }, own, [
    { name: "basicConstraints", cA: true, critical: true },
    { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
  ]);
  return {
    cert,
    key: own.pem,
    sign: (options) => {
      const keys = keyPair();
      const altNames = (options.hosts ?? []).map((host) => (/^[\d.]+$/.test(host) ? { type: 7, ip: host } : { type: 2, value: host }));
      const extensions = [
        { name: "extKeyUsage", serverAuth: true, clientAuth: true },
        ...(altNames.length > 0 ? [{ name: "subjectAltName", altNames }] : []),
      ];
      return { cert: make(options, keys, extensions), key: keys.pem };
    },
  };
}

interface KeyPair {
  readonly public: forge.pki.rsa.PublicKey;
  readonly private: forge.pki.rsa.PrivateKey;
  /** PKCS#8, which both Java and Node read. */
  readonly pem: string;
}

function keyPair(): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  return { public: forge.pki.publicKeyFromPem(publicKey), private: forge.pki.privateKeyFromPem(privateKey), pem: privateKey };
}
