// Owns the look: colours, corners, fonts, and the defaults that keep every part readable for everybody.
import { createTheme, Drawer, Menu, Modal, NativeSelect, Tooltip } from '@mantine/core'
import { CaretSortIcon } from '@radix-ui/react-icons'
import { createElement } from 'react'
import { texts } from './texts/texts.ts'

const closing = { closeButtonProps: { 'aria-label': texts.common.close } }

export const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: { light: 8, dark: 8 },
  autoContrast: true,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace',
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  headings: {
    fontWeight: '620',
    sizes: { h1: { fontSize: '1.5rem' }, h2: { fontSize: '1.15rem' }, h3: { fontSize: '1rem' } },
  },
  components: {
    Modal: Modal.extend({ defaultProps: { ...closing, centered: true, overlayProps: { backgroundOpacity: 0.5 } } }),
    Drawer: Drawer.extend({ defaultProps: { ...closing, position: 'right' } }),
    Menu: Menu.extend({ defaultProps: { withInitialFocusPlaceholder: false, position: 'bottom-end' } }),
    NativeSelect: NativeSelect.extend({ defaultProps: { rightSection: createElement(CaretSortIcon) } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 300, withArrow: true } }),
  },
})
