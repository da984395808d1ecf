// A single-page app: a public client. The tokens stay in the memory of the tab and its session storage.
import settings from './settings.json' with { type: 'json' }

const here = new URL('.', location.href).href
const accounts = new oidc.UserManager({
  authority: settings.issuer,
  client_id: settings.client_id,
  redirect_uri: here,
  popup_redirect_uri: here,
  post_logout_redirect_uri: here,
  scope: 'openid profile email',
  loadUserInfo: true,
})
const find = (id) => document.getElementById(id)

// The redirect and the popup both end at this page, with the code in the address.
if (new URLSearchParams(location.search).has('state')) {
  await accounts.signinCallback()
  history.replaceState(undefined, '', here)
}

function show(user) {
  find('who').textContent = user ? `Signed in as ${user.profile.name} (${user.profile.email})` : ''
  find('sign-out').hidden = !user
  find('sign-in').hidden = find('sign-in-popup').hidden = Boolean(user)
}

find('sign-in').onclick = () => accounts.signinRedirect()
find('sign-in-popup').onclick = async () => show(await accounts.signinPopup())
find('sign-out').onclick = () => accounts.signoutRedirect()
show(await accounts.getUser())
