// The switch of tenant and realm in the bar. It never loads the whole list: it searches.
import { Menu, ScrollArea, Text, TextInput, UnstyledButton } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { CaretSortIcon, CheckIcon } from '@radix-ui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../lib/api.ts'
import { currentMe, may } from '../lib/me.ts'
import { operationNamed, pageAt } from '../lib/operations.ts'
import { type Scope, scopeParams, useScope } from '../lib/scope.ts'
import { texts } from '../texts/texts.ts'

/** The realms of a tenant, for those who may see them. */
export function useRealms(tenant: string) {
  const me = currentMe()
  const list = operationNamed('realm.list')
  const isWide = me?.reach === 'platform' || me?.reach === 'partner'
  return useQuery({
    queryKey: ['realms', tenant],
    enabled: me !== undefined,
    staleTime: 60_000,
    queryFn: async () => {
      if (!may(list)) return me?.realms ?? []
      const { value } = await call('realm.list', { limit: 50, ...(isWide && tenant && { tenant_id: tenant }) })
      return value.data.map(({ issuer_id, name, kind }) => ({ issuer_id, name, kind: String(kind) }))
    },
  })
}

/** Switches the tenant and the realm, and stays on the page where the other one has it. */
export function ScopeSwitch() {
  const scope = useScope()
  const { page } = useParams({ strict: false }) as { page?: string }
  const navigate = useNavigate()
  const me = currentMe()
  const mayChooseTenant = (me?.reach === 'platform' || me?.reach === 'partner') && may(operationNamed('tenant.list'))
  const [asked, setAsked] = useState('')
  const [search] = useDebouncedValue(asked, 200)
  const [isOpen, setOpen] = useState(false)
  const tenants = useQuery({
    queryKey: ['tenants', search],
    enabled: mayChooseTenant && isOpen,
    queryFn: async () => (await call('tenant.list', { limit: 8, ...(search && { search }) })).value.data,
  })
  const own = useQuery({
    queryKey: ['tenant', scope.tenant],
    enabled: mayChooseTenant && scope.tenant !== '' && scope.tenant !== me?.tenant?.id,
    queryFn: async () => (await call('tenant.get', { id: scope.tenant })).value,
  })
  const realms = useRealms(scope.tenant)
  const go = (to: Scope) => {
    const isKnown = page !== undefined && (pageAt(page) || ['overview', 'start', 'why'].includes(page))
    const params = { ...scopeParams(to), page: isKnown ? page : 'overview' }
    void navigate({ to: '/t/$tenant/$realm/$page', params } as never)
  }
  const toTenant = async (tenant: string) => {
    const { value } = await call('realm.list', { limit: 1, tenant_id: tenant })
    go({ tenant, realm: value.data[0]?.issuer_id ?? '' })
  }
  const tenantName = scope.tenant === me?.tenant?.id ? me.tenant.name : own.data?.name
  const realmName = realms.data?.find(({ issuer_id: id }) => id === scope.realm)?.name ?? scope.realm
  return (
    <Menu position="bottom-start" width={280} opened={isOpen} onChange={setOpen}>
      <Menu.Target>
        <UnstyledButton
          title={texts.shell.scope}
          style={{ display: 'flex', alignItems: 'center', gap: 6, minWidth: 0 }}
        >
          <span className="clip">
            <Text size="xs" c="dimmed" className="clip" component="span" display="block" lh={1.2}>
              {tenantName}
            </Text>
            <Text size="sm" fw={600} className="clip" component="span" display="block" lh={1.3}>
              {realmName || texts.shell.noRealm}
            </Text>
          </span>
          <CaretSortIcon />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <ScrollArea.Autosize mah={420}>
          <Menu.Label>{texts.shell.realms}</Menu.Label>
          {realms.data?.map(({ issuer_id: id, name }) => (
            <Menu.Item
              key={id}
              onClick={() => go({ tenant: scope.tenant, realm: id })}
              rightSection={id === scope.realm && <CheckIcon />}
            >
              {name}
            </Menu.Item>
          ))}
          {mayChooseTenant && (
            <>
              <Menu.Divider />
              <Menu.Label>{texts.shell.tenants}</Menu.Label>
              <TextInput
                size="xs"
                mx="xs"
                mb={4}
                aria-label={texts.shell.findTenant}
                placeholder={texts.shell.findTenant}
                value={asked}
                onChange={(event) => setAsked(event.currentTarget.value)}
                onKeyDown={(event) => event.key.length === 1 && event.stopPropagation()}
              />
              {tenants.data?.map(({ id, name }) => (
                <Menu.Item key={id} onClick={() => toTenant(id)} rightSection={id === scope.tenant && <CheckIcon />}>
                  {name}
                </Menu.Item>
              ))}
            </>
          )}
        </ScrollArea.Autosize>
      </Menu.Dropdown>
    </Menu>
  )
}
