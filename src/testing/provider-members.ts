// What identity providers need that only have to be there.

/** What an OIDC provider needs besides its name. */
export const OIDC_PROVIDER = {
  issuer: 'https://idp.example.com',
  client_id: 'here',
  client_secret: 'a secret',
  authorization_endpoint: 'https://idp.example.com/authorize',
  token_endpoint: 'https://idp.example.com/token',
  jwks_uri: 'https://idp.example.com/jwks',
}

/** The certificate of a SAML provider, in base64; nobody has its key. */
export const SAML_CERTIFICATE = [
  'MIIDFzCCAf+gAwIBAgIUMuxfWKi8NpYgYD4dWDOu3FQebbQwDQYJKoZIhvcNAQELBQAwGjEYMBYGA1UEAwwPaWRwLmV4YW1w',
  'bGUuY29tMCAXDTI2MTEzMDIyNDUxNFoYDzIxMjYxMTA2MjI0NTE0WjAaMRgwFgYDVQQDDA9pZHAuZXhhbXBsZS5jb20wggEi',
  'MA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQDL2+5Uj71qjr5PnRKEb9lDuQUwHMT1T7BR3W9X0a9z6MnNQy0owHl26RIN',
  'wej7zBSK3tNQgzCcGZJKNv8K2gY1unw5NFbW+oCFvgg87VjaJOhD5mH7J70UbWvrw+96pThs9EMVlB1RaGvJdV2bOcmYKzgH',
  'EN5w1Ub3NJJDZzpN7wCxRdUpd9pXLT/8W2LteSGE49v4CVk7xJugg/6XHzyBj8mR6LxOwuaQa9QHdH65fOvqdqv1x+aFjhyv',
  'VxYu4YL/5JTNTsCWDlC2+QIJ7Uyu0KRAzj71nLyjF9MQHccipPnyzWQNyNHNF9mM5dibs/Yele0Qt/AhIzQ57VyHGdcVAgMB',
  'AAGjUzBRMB0GA1UdDgQWBBS5jD/TH+0zw4GOd+DOoTUrR32LJDAfBgNVHSMEGDAWgBS5jD/TH+0zw4GOd+DOoTUrR32LJDAP',
  'BgNVHRMBAf8EBTADAQH/MA0GCSqGSIb3DQEBCwUAA4IBAQCaRseJZ5ej04HLVn5YQT6QLzZRuXW3TTMed5/t983ZgnpolxO5',
  'gMrHyo/rNzC4GWv8sTKa4e/WX8xj6KX7OE7FSqLeMilBm28pmqX7/TYfBuEZHz6/o9+tVWPiW4Jy2u7hJXDXDRqbczxh27by',
  'J/2gp1HEbQsAtFdlksseuva6LTHp1TGbcP4soodOnSGaT3SUtKD8Bs1XDnsowz16Dm5pZd2yqwhRI2Cqt+F88F3C0W5ShYT0',
  '5PB51YiRDyOw0Hrx/bSxINLllIAV2mu/mK+cZqoF1eRzNEuVKV9jVK8MPfImvmRXkfJ6Ot+8fh7gsGQL6w/buIYPV5Hq2gt2',
  '3GDB',
].join('')
