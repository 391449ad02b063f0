import { createHmac } from "node:crypto";

/** Return the signed path of a link; `key` is a signing key, kid:subkey. */
export function sign(key, template, version, payload, extension = "png") {
  const [kid, subkey] = key.split(":");
  const body = Buffer.from(JSON.stringify(payload)).toString("base64url");
  const signed = `/${payload.o ? "o" : "i"}/${template}/${version}/${kid}.j${body}`;
  const mac = createHmac("sha256", Buffer.from(subkey, "base64url"));
  mac.update(`signet.v1\n${signed}.${extension}`);
  return `${signed}.${mac.digest().subarray(0, 16).toString("base64url")}.${extension}`;
}
