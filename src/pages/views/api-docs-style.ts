export const API_DOCS_CSS = ''
