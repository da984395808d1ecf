// The Polish messages of the pages on which people decide about apps, devices and invitations, and of other pages.
import type { visitMessages as English } from '../en/visit.ts'
import { mixed, pluralOf } from '../message.ts'

const plural = pluralOf('pl')

export const visitMessages: typeof English = {
  consent: {
    heading: (client) => mixed`Czy ${client} może używać Twojego konta?`,
    firstParty: (brand) => mixed`Aplikacja: ${brand}`,
    unverified: 'Niesprawdzona',
    unverifiedText: (brand) =>
      mixed`Każdy może nadać aplikacji tę nazwę. ${brand} nie sprawdza, kto za nią stoi: zezwól tylko wtedy, gdy ją znasz.`,
    may: (resource) => mixed`W usłudze ${resource} będzie mogła:`,
    mayAlone: 'Będzie mogła:',
    further: 'A także:',
    nothing: 'Nic poza wiedzą, że nastąpiło logowanie',
    undescribed: 'Coś, czego operator nie opisał',
    returns: 'Wracasz do',
    organization: 'Organizacja',
    app: (scheme) => mixed`aplikacja na tym urządzeniu, która otwiera ${scheme}`,
    device: (host) => mixed`program na tym komputerze, ${host}`,
    deviceText: 'Aplikacja działa na tym komputerze. Zezwól tylko wtedy, gdy to Ty ją przed chwilą uruchamiasz.',
    password: 'Twoje hasło nigdy nie jest udostępniane aplikacji.',
    links: { website: 'Strona internetowa', policy: 'Polityka prywatności', terms: 'Warunki usługi' },
    scopes: {
      openid: 'Wiedzieć, kim jesteś',
      profile: 'Widzieć Twoje imię, nazwisko i zdjęcie',
      email: 'Widzieć Twój adres e-mail',
      address: 'Widzieć Twój adres pocztowy',
      phone: 'Widzieć Twój numer telefonu',
      groups: 'Widzieć, do jakich grup należysz',
      roles: 'Widzieć, jakie masz role',
      organization: 'Widzieć organizację, dla której się logujesz',
      offline_access: 'Zachować ten dostęp pod Twoją nieobecność, dopóki go nie wycofasz',
    },
  },
  organization: {
    title: 'Wybierz organizację',
    lead: (client) => mixed`Używasz ${client} jednocześnie tylko dla jednej ze swoich organizacji.`,
    foreignTitle: 'Nie należysz do organizacji',
    foreign: (client) =>
      mixed`To konto nie należy do organizacji, dla której loguje Cię ${client}. Użyj innego konta albo poproś o zaproszenie.`,
    none: (client) =>
      mixed`${client} jest dla członków organizacji, a to konto nie należy do żadnej. Użyj innego konta albo poproś o zaproszenie.`,
    cancel: 'Anuluj',
  },
  external: {
    refusedTitle: 'Nie możesz się tu zalogować',
    refused: (provider) =>
      mixed`Konto, z którym połączone jest Twoje konto w ${provider}, nie może się logować. Zapytaj osoby prowadzące tę usługę.`,
    noAccountTitle: 'Twoje konto nie jest tu połączone',
    noAccount: (provider) => mixed`Nikt tutaj nie jest połączony z Twoim kontem w ${provider}.`,
    noAccountAdvice:
      'Jeśli masz tu konto, zaloguj się tak jak wcześniej, a potem połącz drugie. Następnie możesz logować się obydwoma.',
    signInAndLink: 'Zaloguj się i połącz',
    deniedTitle: 'Nikogo nie zalogowano',
    denied: (provider) =>
      mixed`Nie nastąpiło logowanie w ${provider} albo nastąpiła odmowa. Spróbuj ponownie lub wybierz inny sposób.`,
    failedTitle: 'Logowanie się nie udało',
    failed: (provider) =>
      mixed`Coś poszło nie tak między tą usługą a ${provider}. Spróbuj ponownie lub wybierz inny sposób.`,
    takenTitle: 'To konto jest już połączone',
    taken: (provider) => mixed`Twoje konto w ${provider} jest połączone z innym kontem tutaj.`,
    back: 'Wróć',
    help: (id) => mixed`Prosząc o pomoc, podaj ten identyfikator: ${id}`,
  },
  device: {
    codeTitle: 'Połącz urządzenie',
    enter: 'Podaj kod, który pokazuje Twoje urządzenie lub program.',
    compare: 'Przejdź dalej tylko wtedy, gdy urządzenie lub program pokazuje dokładnie ten kod.',
    code: 'Kod',
    hint: '8 liter, na przykład WDJB-MJHT',
    unknown: 'Żadne urządzenie nie czeka na ten kod. Sprawdź litery lub wyświetl na urządzeniu inny kod.',
    tooMany: (minutes) =>
      plural(minutes, {
        one: 'Zbyt wiele kodów, na które nie czeka żadne urządzenie. Spróbuj ponownie za # minutę.',
        few: 'Zbyt wiele kodów, na które nie czeka żadne urządzenie. Spróbuj ponownie za # minuty.',
        many: 'Zbyt wiele kodów, na które nie czeka żadne urządzenie. Spróbuj ponownie za # minut.',
      }),
    heading: (client) => mixed`Połączyć ${client} z Twoim kontem?`,
    warning:
      'Zatwierdź tylko wtedy, gdy to Ty przed chwilą rozpoczynasz tę operację na urządzeniu przed Tobą, które pokazuje ten kod. Jeśli ktoś przysłał Ci kod lub link do tej strony, odmów: osoba mająca to urządzenie korzystałaby z Twojego konta.',
    shown: 'Urządzenie pokazuje',
    from: 'Prośba pochodzi z',
    program: (place, program) => mixed`${place}, nazwa programu: ${program}`,
    unknownPlace: 'nieznany adres',
    when: 'Czas prośby',
    moments: 'mniej niż minutę temu',
    minutes: (count) => plural(count, { one: '# minutę temu', few: '# minuty temu', many: '# minut temu' }),
    approve: 'Zatwierdź',
    approvedTitle: 'Urządzenie jest połączone',
    approved: 'Urządzenie przejdzie dalej za kilka sekund. Możesz zamknąć to okno.',
    deniedTitle: 'Odmówiono urządzeniu',
    denied: 'Nie ma dostępu do Twojego konta. Możesz zamknąć to okno.',
  },
  invitation: {
    heading: (organization) => mixed`Dołącz do ${organization}`,
    unnamed: 'organizacja bez nazwy',
    lead: (organization) => mixed`Masz zaproszenie do grona członków: ${organization}.`,
    invited: 'Zaproszenie jest dla',
    until: 'Jest ważne do',
    wrongAccount: (email) =>
      mixed`Zalogowano jako ${email}, ale zaproszenie jest dla innego adresu. Użyj konta z tamtym adresem, aby je przyjąć.`,
    haveAccount: 'Masz tu konto. Podaj jego hasło, aby przyjąć zaproszenie.',
    needAccount: 'Nie masz tu jeszcze konta. Wybierz hasło, a zostanie utworzone.',
    join: 'Przyjmij zaproszenie',
    sign_in: 'Zaloguj się i przyjmij',
    register: 'Utwórz konto i przyjmij',
    unknownTitle: 'Ten link nie prowadzi do zaproszenia',
    unknown: 'Może być niepełny lub zbyt stary. Otwórz go ponownie z wiadomości lub skopiuj w całości.',
    unknownAdvice: 'Jeśli to nie pomoże, poproś o nowe zaproszenie osobę, która je wysłała.',
    acceptedTitle: 'To zaproszenie zostało już przyjęte',
    accepted: 'Jego link działa raz. Jeśli to Twoja decyzja, nie trzeba nic więcej: zaloguj się tam, dokąd zmierzasz.',
    revokedTitle: 'To zaproszenie zostało wycofane',
    revoked: 'Jego link już nie działa. Jeśli to pomyłka, zapytaj osobę, która je wysłała.',
    expiredTitle: 'To zaproszenie wygasło',
    expired: 'Jego link już nie działa. Poproś o nowe osobę, która je wysłała.',
    otherWayTitle: 'Najpierw się zaloguj',
    otherWay:
      'Twoje konto nie ma tu hasła. Zaloguj się jak zwykle, a potem otwórz link z zaproszenia ponownie w tej samej przeglądarce.',
    memberTitle: (organization) => mixed`Należysz do ${organization}`,
    member: 'Zaproszenie jest przyjęte. Możesz zamknąć to okno lub zalogować się tam, dokąd zmierzasz.',
  },
  error: {
    detail: 'Szczegóły',
    code: 'Kod błędu',
    request: 'Identyfikator żądania',
    onward: (host) =>
      mixed`Aplikacja chce, aby nastąpił powrót do ${host}. Nikt nie sprawdził, kto za nią stoi: przejdź dalej tylko wtedy, gdy ją znasz.`,
    goOn: 'Przejdź do aplikacji',
    support: 'Jeśli to się powtarza, powiadom osoby prowadzące aplikację lub tę usługę i podaj identyfikator żądania.',
    otherTitle: 'Nie można wykonać tego żądania',
    other: 'Aplikacja, z której tu trafiasz, wysłała żądanie, którego nie możemy przyjąć.',
    byCode: {
      access_denied: ['Odmówiono dostępu', 'Logowanie jest aktywne, ale nie możesz przejść dalej z tą aplikacją.'],
      forbidden: ['Żądanie zostało odrzucone', 'Wróć do poprzedniego miejsca i spróbuj stamtąd ponownie.'],
      unmet_authentication_requirements: [
        'Pod tym adresem nie możesz przejść dalej',
        'Potrzebny jest drugi krok, a żaden z Twoich tu nie działa. Przejdź tam, gdzie go skonfigurowano, lub zapytaj osoby prowadzące tę usługę.',
      ],
      expired: [
        'Ta strona jest już nieważna',
        'Została już użyta lub była otwarta zbyt długo. Wróć i zacznij od nowa.',
      ],
      not_found: ['Tu niczego nie ma', 'Sprawdź adres lub wróć do aplikacji i zacznij od nowa.'],
      method_not_allowed: ['Tej strony nie można otworzyć w ten sposób', 'Wróć do aplikacji i zacznij od nowa.'],
      too_many_requests: ['Zbyt wiele żądań', 'Odczekaj chwilę i spróbuj ponownie.'],
      server_error: ['Coś poszło nie tak', 'To nasz błąd, nie Twój. Spróbuj ponownie za chwilę.'],
      identity_provider_failed: [
        'Logowanie się nie udało',
        'Usługa, która zna Twoje hasło, nie odpowiada prawidłowo. Spróbuj ponownie za chwilę.',
      ],
      temporarily_unavailable: ['Nie możemy teraz odpowiedzieć', 'Spróbuj ponownie za chwilę.'],
      invalid_redirect_uri: [
        'Spełnienie żądania tej aplikacji nie jest bezpieczne',
        'Aplikacja chce przekierować pod adres, który nie jest dla niej zarejestrowany. Dla bezpieczeństwa pozostajesz tutaj.',
      ],
      invalid_client: [
        'Ta aplikacja nie jest tu znana',
        'Aplikacja, z której tu trafiasz, nie jest zarejestrowana lub została usunięta.',
      ],
      unauthorized_client: ['Ta aplikacja nie może Cię zalogować', 'Aplikacja nie ma prawa wysyłać takich żądań.'],
    },
  },
  getStarted: {
    title: 'Utwórz pierwszego administratora',
    lead: 'To nowy serwer. Kto ma ten link, zostaje jego administratorem; link działa raz.',
    problems: 'Nie utworzono konta. Popraw to, co zaznaczono poniżej.',
    wrongEmail: 'To nie jest adres e-mail.',
    submit: 'Utwórz administratora',
    doneTitle: 'Wszystko gotowe',
    done: (email) =>
      mixed`${email} jest teraz administratorem tego serwera. Przechowuj hasło w bezpiecznym miejscu: drugiego linku nie będzie.`,
    secondStep:
      'Teraz serwer chroni tylko hasło. Skonfiguruj na swoim koncie klucz dostępu lub aplikację uwierzytelniającą.',
    account: 'Otwórz swoje konto',
    next: 'Zobacz, co dalej',
    expiredTitle: 'Ten link jest już nieważny',
    expired: 'Został już użyty, wygasł lub jest niepełny.',
    expiredAdvice:
      'Jeśli nikt nie ma jeszcze konta, poszukaj nowszego linku w dzienniku serwera. Jeśli je masz, zaloguj się.',
  },
  landing: {
    serverTitle: 'Ten serwer służy do logowania',
    server: 'Aplikacje kierują tu, aby się zalogować, a potem wracasz do nich. Otwórz aplikację, której chcesz użyć.',
    serverAdmin: 'Administracja tego serwera ma własny adres. Znają go osoby prowadzące serwer.',
    login:
      'Administratorzy pracują w wierszu poleceń: „countersign login” loguje, a z „--tenant” i identyfikatorem także jako administratora dzierżawy.',
    doctor:
      'Aby sprawdzić, czy wszystko jest skonfigurowane, uruchom „countersign doctor”. Aby zarejestrować pierwszą aplikację, uruchom „countersign client create --help”.',
    account:
      'Na swoim koncie zmienisz hasło i skonfigurujesz klucz dostępu lub aplikację uwierzytelniającą. Aby wymagać tego od każdego administratora, uruchom „countersign tenant update default --admin-min-aal 2”.',
    docs: 'Czytaj dokumentację API',
  },
}
