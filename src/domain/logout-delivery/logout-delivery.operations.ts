// The operation on logout deliveries.
import { listOf, mapPage } from '#kernel/page.ts'
import { operation } from '../context.ts'
import { realmOf } from '../realm/realm.service.ts'
import { LogoutDeliveryQuery, LogoutDeliveryView, viewLogoutDelivery } from './logout-delivery.ts'

export const logoutDeliveryList = operation({
  name: 'logout_delivery.list',
  summary: 'List what clients are told of ended sessions',
  description:
    'Newest first. Each client with a backchannel_logout_uri that got tokens of a session is told when the session ends. Entries are kept as long as the setting delivery_retention_days says. Clients with a frontchannel_logout_uri that the browser of the user was given have the status shown.',
  permission: 'sessions:read',
  reach: 'realm',
  input: LogoutDeliveryQuery,
  output: listOf(LogoutDeliveryView),
  errors: ['not_found'],
  events: [],
  run: async ({ read, scope }, query) =>
    mapPage(await read.logoutDeliveries.list(realmOf(scope).id, query), viewLogoutDelivery),
})
