// The Polish messages of the pages that mailed links lead to, and of those that ask for them.
import type { mailedMessages as English } from '../en/mailed.ts'
import { mixed } from '../message.ts'

export const mailedMessages: typeof English = {
  mailed: {
    mailboxTitle: 'Sprawdź pocztę',
    deadTitle: 'Ten link już nie działa',
    sendMail: 'Wyślij wiadomość',
    newLink: 'Poproś o nowy link',
  },
  recovery: {
    title: 'Nie pamiętasz hasła?',
    lead: 'Podaj adres swojego konta. Wyślemy na niego wiadomość z linkiem do ustawienia nowego hasła.',
    sent: 'Jeśli istnieje konto z tym adresem, wiadomość z linkiem jest w drodze. Link działa przez godzinę i tylko najnowszy.',
    setTitle: 'Ustaw nowe hasło',
    setLead: 'Nastąpi wylogowanie wszędzie.',
    set: 'Ustaw hasło',
    changedTitle: 'Hasło jest zmienione',
    changed: 'Wylogowano wszędzie. Od teraz używaj nowego hasła.',
    dead: 'Działa raz, przez godzinę, i tylko najnowszy. Poproś o nowy link, aby ustawić hasło.',
  },
  verification: {
    title: 'Potwierdź swój adres',
    question: (email) => mixed`Czy ${email} to adres Twojego konta?`,
    yes: 'Tak, to mój adres',
    unconfirmed: (email) =>
      mixed`Nikt jeszcze nie potwierdził, że ${email} należy do Ciebie. Wyślemy tam wiadomość z linkiem.`,
    tooManyTitle: 'Zbyt wiele wiadomości',
    later: 'Spróbuj ponownie później.',
    sent: (email) => mixed`Wiadomość z linkiem jest w drodze do ${email}. Link działa przez dobę i tylko najnowszy.`,
    doneTitle: 'Adres jest potwierdzony',
    done: (email) => mixed`Adres ${email} jest potwierdzony. Możesz zamknąć to okno.`,
    dead: 'Działa raz, przez dobę, i tylko najnowszy.',
    deadAdvice: 'Aby poprosić o nowy, zaloguj się i otwórz tę stronę ponownie.',
  },
  signUp: {
    title: 'Utwórz konto',
    lead: 'Podaj swój adres e-mail. Wyślemy na niego wiadomość z linkiem, aby przejść dalej.',
    domains: 'Konta są tu tylko dla adresów z określonych domen.',
    haveAccount: 'Masz konto? Zaloguj się',
    sent: 'Wiadomość jest w drodze. Jej link działa przez godzinę i tylko najnowszy. Otwórz go w tej przeglądarce, aby przejść dalej.',
    dead: 'Działa raz, przez godzinę, i tylko najnowszy. Jeśli masz już konto, zaloguj się tam, dokąd zmierzasz.',
    confirmTitle: 'Utwórz swoje konto',
    choose: 'Adres jest potwierdzony. Wybierz hasło.',
    chooseOrMail: 'Adres jest potwierdzony. Wybierz hasło lub loguj się za każdym razem przez e-mail.',
    create: 'Utwórz konto',
    readyTitle: 'Konto jest utworzone',
    ready: 'Wróć tam, gdzie chcesz się zalogować, i zrób to.',
    refusedTitle: 'Nie utworzono konta',
    already_exists: 'Istnieje konto z tym adresem lub z adresem, który wygląda tak samo.',
    limit_reached: 'Nie można tu utworzyć więcej kont. Zapytaj osoby prowadzące tę usługę.',
  },
}
