// The frame of every page: the bar with scope and search, and the navigation.
import {
  ActionIcon,
  Burger,
  Group,
  Kbd,
  Menu,
  NavLink,
  Text,
  UnstyledButton,
  useMantineColorScheme,
} from '@mantine/core'
import { useDisclosure, useHotkeys } from '@mantine/hooks'
import {
  DesktopIcon,
  ExitIcon,
  FileTextIcon,
  MagnifyingGlassIcon,
  MoonIcon,
  PersonIcon,
  SunIcon,
} from '@radix-ui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useParams, useRouterState } from '@tanstack/react-router'
import { lazy, Suspense, useEffect } from 'react'
import { loadSession, pastedKey, signOut } from '../lib/api.ts'
import { currentMe, forgetMe, may } from '../lib/me.ts'
import { navigation, pageTitle } from '../lib/nav.ts'
import { operationNamed } from '../lib/operations.ts'
import { isInScope, keepScope, linkTo, useScope } from '../lib/scope.ts'
import { handMade } from '../screens/hand-made.ts'
import { texts } from '../texts/texts.ts'
import { Mark } from './mark.tsx'
import { ScopeSwitch } from './scope-switch.tsx'

const Palette = lazy(() => import('./palette.tsx').then((module) => ({ default: module.Palette })))

/** The frame, and the page in it. */
export function Shell() {
  const [isNavOpen, nav] = useDisclosure()
  const [isSearching, search] = useDisclosure()
  const scope = useScope()
  const { tenant, realm } = scope
  const path = useRouterState({ select: ({ location }) => location.pathname })
  useHotkeys(
    [
      ['mod+K', search.open],
      ['/', search.open],
    ],
    ['INPUT', 'TEXTAREA', 'SELECT'],
  )
  useEffect(() => {
    if (tenant || realm) keepScope({ tenant, realm })
  }, [tenant, realm])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page closes the navigation, and begins at its heading
  useEffect(() => {
    nav.close()
    window.scrollTo(0, 0)
  }, [path])
  return (
    <div className="shell">
      <header className="bar">
        <a className="skip" href="#content">
          {texts.shell.skip}
        </a>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap" gap="sm">
          <Group gap="sm" wrap="nowrap" miw={0}>
            <Burger
              opened={isNavOpen}
              onClick={nav.toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={texts.shell.openNavigation}
            />
            <Link to="/" aria-label="Countersign" style={{ textDecoration: 'none', color: 'inherit' }}>
              <Group visibleFrom="sm">
                <Mark />
              </Group>
            </Link>
            <ScopeSwitch />
          </Group>
          <Group gap="xs" wrap="nowrap">
            <UnstyledButton className="search-button" onClick={search.open} visibleFrom="sm">
              <span>{texts.shell.search}</span>
              <Kbd size="xs">{/mac/i.test(navigator.platform) ? '⌘K' : 'Ctrl K'}</Kbd>
            </UnstyledButton>
            <ActionIcon
              variant="default"
              size="lg"
              onClick={search.open}
              hiddenFrom="sm"
              aria-label={texts.shell.searchShort}
            >
              <MagnifyingGlassIcon />
            </ActionIcon>
            <AccountMenu />
          </Group>
        </Group>
      </header>
      <div className="side" data-open={isNavOpen || undefined}>
        <Navigation />
      </div>
      <main id="content" tabIndex={-1} className="content">
        <Outlet />
      </main>
      {isSearching && (
        <Suspense fallback={null}>
          <Palette onClose={search.close} />
        </Suspense>
      )}
    </div>
  )
}

function Navigation() {
  const scope = useScope()
  const params = useParams({ strict: false }) as { page?: string }
  const path = useRouterState({ select: ({ location }) => location.pathname })
  const at = (page: string) => linkTo(scope, page)
  const own = [
    { page: 'overview', label: texts.nav.overview, isShown: may(operationNamed('dashboard.stats')) },
    { page: 'start', label: texts.nav.start, isShown: handMade('start') !== undefined },
    {
      page: 'why',
      label: texts.nav.why,
      isShown: handMade('why') !== undefined && may(operationNamed('decision.get')),
    },
  ].filter(({ isShown }) => isShown)
  return (
    <nav aria-label={texts.shell.navigation}>
      {own.map(({ page, label }) => (
        <NavLink
          key={page}
          className="nav-link"
          label={label}
          active={path.endsWith(`/${page}`)}
          renderRoot={(props) => <Link {...at(page)} {...props} />}
        />
      ))}
      {navigation().map(({ title, pages }) => (
        <section key={title} aria-label={title}>
          <Text className="nav-section" component="div">
            {title}
          </Text>
          {pages
            .filter(({ main }) => isInScope(main, scope))
            .map((page) => (
              <NavLink
                key={page.slug}
                className="nav-link"
                label={pageTitle(page)}
                active={params.page === page.slug}
                renderRoot={(props) => <Link {...at(page.slug)} {...props} />}
              />
            ))}
        </section>
      ))}
    </nav>
  )
}

function AccountMenu() {
  const me = currentMe()
  const { setColorScheme } = useMantineColorScheme()
  const session = useQuery({
    queryKey: ['session'],
    queryFn: loadSession,
    enabled: pastedKey() === null,
    staleTime: 60_000,
  })
  const leave = async () => {
    await signOut()
    forgetMe()
    location.assign('/admin/ui/sign-in')
  }
  const account = session.data?.account_url
  return (
    <Menu width={250}>
      <Menu.Target>
        <ActionIcon variant="default" size="lg" aria-label={texts.shell.account}>
          <PersonIcon />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={600} className="clip">
            {me?.name}
          </Text>
          {me?.reach}
        </Menu.Label>
        {account && (
          <Menu.Item component="a" href={account} target="_blank" rel="noreferrer" leftSection={<PersonIcon />}>
            {texts.shell.myAccount}
          </Menu.Item>
        )}
        {session.data?.api_docs !== false && (
          <Menu.Item component="a" href="/docs" target="_blank" leftSection={<FileTextIcon />}>
            {texts.shell.docs}
          </Menu.Item>
        )}
        <Menu.Divider />
        <Menu.Item leftSection={<SunIcon />} onClick={() => setColorScheme('light')}>
          {texts.shell.light}
        </Menu.Item>
        <Menu.Item leftSection={<MoonIcon />} onClick={() => setColorScheme('dark')}>
          {texts.shell.dark}
        </Menu.Item>
        <Menu.Item leftSection={<DesktopIcon />} onClick={() => setColorScheme('auto')}>
          {texts.shell.auto}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<ExitIcon />} onClick={leave}>
          {pastedKey() === null ? texts.shell.signOut : texts.shell.forgetKey}
        </Menu.Item>
        {session.data && <Menu.Label>{texts.shell.version(session.data.server_version)}</Menu.Label>}
      </Menu.Dropdown>
    </Menu>
  )
}
