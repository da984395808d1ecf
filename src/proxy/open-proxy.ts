// Opens the reverse proxy as the configuration says. What it needs is loaded only where it is on.
import type { Services } from '#domain/open-context.ts'
import type { Configuration } from '#outside/configuration.ts'
import { ConfigurationError } from '#outside/configuration-error.ts'
import type { Log } from '#outside/log.ts'
import type { ProxyServer } from './proxy-server.ts'

/** @throws ConfigurationError where the proxy cannot listen */
export async function startProxy({ proxy }: { readonly proxy: ProxyServer | undefined }): Promise<void> {
  try {
    await proxy?.start()
  } catch (error) {
    throw new ConfigurationError([(error as Error).message])
  }
}

/** The reverse proxy, if it has an address. @throws ConfigurationError where the file of its rules has an error */
export async function openProxy(
  services: Services,
  configuration: Configuration,
  log: Log,
): Promise<ProxyServer | undefined> {
  const { proxyAddress, proxyRulesFile, proxyUpstreams, networkAllowLoopback, dnsServers, trustedProxies } =
    configuration
  if (!proxyAddress) return undefined
  // It is loaded only where it is on.
  const { ProxyServer } = await import('./proxy-server.ts')
  const proxy = new ProxyServer(services, {
    address: proxyAddress,
    rulesFile: proxyRulesFile,
    listedUpstreams: proxyUpstreams,
    allowLoopback: networkAllowLoopback,
    ...{ dnsServers, trustedProxies, log },
    breakerFailures: configuration.proxyBreakerFailures,
    breakerSeconds: configuration.proxyBreakerSeconds,
    grace: configuration.shutdownGraceSeconds * 1000,
  })
  try {
    proxy.open()
  } catch (error) {
    throw new ConfigurationError([(error as Error).message])
  }
  return proxy
}
