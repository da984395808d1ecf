// The Polish messages of mails.
import type { mailMessages as English } from '../en/mail.ts'
import { mixed } from '../message.ts'

export const mailMessages: typeof English = {
  mail: {
    titleAt: (title, realm) => mixed`${title} – ${realm}`,
    account: 'Konto',
    askedFrom: 'Poproszono z',
    validUntil: 'Ważne do',
    changedAt: 'Zmieniono',
    name: 'Nazwa',
    code: 'Kod',
    browser: 'Przeglądarka',
    address: 'Adres',
    signedIn: 'Zalogowano',
    alone: 'Link jest tylko dla Ciebie i działa raz. Nie przekazuj go dalej.',
    nothingToDo: 'Jeśli to Ty, nie trzeba nic robić.',
    notYou: 'To nie Ty? Ustaw nowe hasło',
  },
  recoveryMail: {
    title: 'Ustaw nowe hasło',
    sentence: 'Ktoś poprosił o ustawienie nowego hasła do Twojego konta.',
    closing: 'Jeśli to nie Ty, nic nie rób: hasło się nie zmieni.',
  },
  verificationMail: {
    title: 'Potwierdź swój adres e-mail',
    sentence: 'Potwierdź, że ten adres należy do Ciebie.',
    action: 'Potwierdź adres',
    closing: 'Jeśli nie masz tam konta, nic nie rób.',
  },
  registrationMail: {
    title: 'Utwórz swoje konto',
    sentence: 'Ktoś zaczął tworzyć konto z tym adresem.',
    action: 'Dalej',
    closing: 'Jeśli to nie Ty, nic nie rób: bez linku konto nie powstanie.',
  },
  signInMail: {
    title: 'Zaloguj się',
    sentence: 'Podaj kod na stronie, na której zaczęto logowanie. Albo otwórz link w tej samej przeglądarce.',
    alone:
      'Kod i link są tylko dla Ciebie, a jedno z nich działa, raz. Nikomu nie podawaj kodu: nigdy o niego nie prosimy.',
    closing: 'Jeśli to nie Ty, nic nie rób: bez kodu lub linku nikt się nie zaloguje.',
  },
  accountExistsMail: {
    title: 'Masz już konto',
    sentence: 'Ktoś zaczął tworzyć konto z tym adresem, ale konto już istnieje. Zaloguj się nim tam, dokąd zmierzasz.',
    action: 'Nie pamiętasz hasła? Ustaw nowe',
    closing: 'Jeśli to nie Ty, nic nie rób.',
  },
  passwordChangedMail: {
    title: 'Hasło zostało zmienione',
    sentence: 'Hasło do Twojego konta zostało zmienione i nastąpiło wylogowanie wszędzie.',
    sentenceKeptOne: 'Hasło do Twojego konta zostało zmienione i nastąpiło wylogowanie we wszystkich innych miejscach.',
    removedTitle: 'Hasło zostało usunięte',
    removed: 'Hasło do Twojego konta zostało usunięte i nastąpiło wylogowanie we wszystkich innych miejscach.',
  },
  addressChangedMail: {
    title: 'Adres konta został zmieniony',
    former: 'Administrator nadał Twojemu kontu inny adres. Teraz logujesz się nim, a wiadomości trafiają tam.',
    present: 'Administrator nadał kontu ten adres. Właściciel loguje się nim teraz, a wiadomości przychodzą tutaj.',
    advice: 'Jeśli nic o tym nie wiesz, powiadom osoby prowadzące tę usługę.',
    formerAddress: 'Poprzedni adres',
  },
  accountDeletedMail: {
    title: 'Twoje konto zostało usunięte',
    sentence: 'Twoje konto zostało usunięte na jego stronie i nastąpiło wylogowanie wszędzie.',
    advice: 'Jeśli to nie Ty, od razu powiadom osoby prowadzące tę usługę.',
    action: 'Przejdź do usługi',
  },
  sms: {
    code: (code, realm) => `${code} to Twój kod do ${realm}. Nie podawaj go nikomu.`,
    test: (realm) => `To jest wiadomość testowa od ${realm}.`,
  },
  authenticatorMail: {
    passkey_added: [
      'Dodano klucz dostępu',
      'Do Twojego konta dodano klucz dostępu. Kto go ma, może się zalogować jako Ty.',
    ],
    passkey_removed: ['Usunięto klucz dostępu', 'Usunięto klucz dostępu Twojego konta.'],
    app_added: [
      'Dodano aplikację uwierzytelniającą',
      'Do Twojego konta dodano aplikację uwierzytelniającą. Kto ją ma, zna kody drugiego kroku.',
    ],
    app_removed: ['Usunięto aplikację uwierzytelniającą', 'Usunięto aplikację uwierzytelniającą Twojego konta.'],
    phone_added: [
      'Dodano telefon',
      'Do Twojego konta dodano numer telefonu. Kto ma ten telefon, dostaje kody drugiego kroku.',
    ],
    phone_removed: ['Usunięto telefon', 'Usunięto numer telefonu Twojego konta.'],
    codes_renewed: [
      'Zastąpiono kody odzyskiwania',
      'Utworzono nowe kody odzyskiwania dla Twojego konta. Poprzednie już nie działają.',
    ],
    all_removed: [
      'Usunięto drugie składniki logowania',
      'Administrator usunął wszystkie klucze dostępu, aplikacje uwierzytelniające i kody odzyskiwania Twojego konta i nastąpiło wylogowanie wszędzie.',
    ],
    account_linked: [
      'Połączono konto',
      'Konto w innej usłudze połączono z Twoim kontem. Kto je ma, może się zalogować jako Ty.',
    ],
    account_unlinked: [
      'Odłączono konto',
      'Konto w innej usłudze odłączono od Twojego konta. Nikt się już nim nie zaloguje.',
    ],
    all: 'Wszystkie',
    advice:
      'Jeśli to Ty, nie trzeba nic robić. Jeśli nie, ustaw nowe hasło, a potem usuń z konta to, czego nie znasz. Jeśli nie możesz się już zalogować, powiadom osoby prowadzące tę usługę.',
    action: 'Zobacz, czym się logujesz',
  },
  newBrowserMail: {
    title: 'Logowanie z nowej przeglądarki',
    sentence:
      'Ktoś zalogował się na Twoje konto w przeglądarce, która nie jest dla niego znana. Przeglądarka jest znana przez rok i do czasu zmiany hasła.',
    advice:
      'Jeśli to Ty, nie trzeba nic robić. Jeśli nie, ustaw nowe hasło, co kończy wszystkie sesje, i usuń z konta to, czego nie znasz.',
    action: 'Zobacz, gdzie trwa Twoje logowanie',
  },
  approvalMail: {
    title: 'Aplikacja prosi o zatwierdzenie',
    sentence: (client) =>
      mixed`${client} prosi o zatwierdzenie. Zobacz, o co chodzi, i zatwierdź tylko wtedy, gdy się tego spodziewasz.`,
    sentenceUnnamed:
      'Aplikacja prosi o zatwierdzenie. Zobacz, o co chodzi, i zatwierdź tylko wtedy, gdy się tego spodziewasz.',
    decideBefore: 'Zdecyduj do',
    action: 'Zobacz prośbę',
    closing: 'Jeśli się jej nie spodziewasz, odmów na stronie lub nic nie rób.',
  },
  invitationMail: {
    subject: 'Zaproszenie do organizacji',
    subjectOf: (organization, realm) => mixed`Zaproszenie do ${organization} – ${realm}`,
    heading: (organization, realm) => mixed`Dołącz do ${organization} – ${realm}`,
    sentence: (organization) => mixed`Masz zaproszenie do grona członków: ${organization}.`,
    organization: 'Organizacja',
    inviter: 'Zaprasza',
    role: 'Twoja rola',
    action: 'Przyjmij zaproszenie',
    alone: 'Link jest tylko dla Ciebie i działa raz. Nie przekazuj go dalej.',
    closing: 'Jeśli się tego nie spodziewasz, nic nie rób: bez otwarcia linku nikt nie zostaje członkiem.',
  },
}
