// Starts the console.
import './styles.ts'
import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { setNonce } from 'get-nonce'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ApiError } from './lib/api.ts'
import { SignInAgain } from './parts/sign-in-again.tsx'
import { Toasts } from './parts/toasts.tsx'
import { makeRouter } from './router.tsx'
import { theme } from './theme.ts'

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
// What keeps the page behind a dialog from scrolling adds a style of its own.
setNonce(nonce)

const queries = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 15_000, retry: (times, error) => !(error instanceof ApiError) && times < 2 },
  },
})
const router = makeRouter(queries)

const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
        <QueryClientProvider client={queries}>
          <Toasts />
          <SignInAgain queries={queries} />
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  )
}
