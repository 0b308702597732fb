# I testi delle pagine. `en.ftl` dice le stesse cose in inglese.

# Su ogni pagina
brand = In Rete
skip = Vai al contenuto
nav = Sezioni
footer = In Rete: il percorso, un fatto alla volta.
other-language = English
quick-exit = Esci subito
quick-exit-hint = Lascia subito questa pagina. Anche premendo tre volte il tasto Maiusc.
demonstration = Dimostrazione: i dati sono inventati e gli accessi valgono solo fino al prossimo avvio. Non inserire dati veri.
sign-out = Esci
lock = Blocca
cancel = Annulla
continue = Continua
save = Salva
remove = Rimuovi
open = Apri
revoke = Revoca
or = oppure
yes = sì
no = no
do = Azione
state = Stato
never = mai
made = Creato
last-used = Ultimo uso
since = Dal
time = Quando
who = Chi
what = Che cosa
whose = Di chi
why = Perché
reason = Motivo
pilot = Sperimentazione
position = Posizione
id = Identificativo
to-start = Torna all'inizio
error-summary = C'è qualcosa da sistemare
shown-once = Si vede solo adesso: quando lasci la pagina non si può più recuperare.
good-until = Vale fino a: { $time }.
every-pilot = Tutte le sperimentazioni, anche future
pilots-none = Non ce n'è nessuna per te.

# Le sezioni
nav-home = Inizio
nav-access = Registro accessi
nav-break-glass = Emergenza
nav-persons = Diritti delle persone
nav-accounts = Utenti e ruoli
nav-tokens = Token
nav-account = Il mio profilo
home = Inizio
home-access = Chi ha letto che cosa, di chi, quando e perché.
home-break-glass = Aprire per poco tempo un nucleo che non è condiviso con la tua organizzazione.
home-persons = Copia dei dati, limitazione, dimenticanza.
home-accounts = Invitare, disattivare, assegnare ruoli.
home-tokens = Le chiavi con cui i programmi leggono i dati.
home-account = Password, secondo fattore, sessioni aperte, lingua.

# Accesso
sign-in = Accedi
sign-in-go = Accedi
sign-in-name = Nome utente
sign-in-name-hint = Un indirizzo e-mail, oppure una parola di almeno 3 caratteri senza spazi.
sign-in-name-missing = Scrivi il nome utente.
sign-in-password-missing = Scrivi la password.
sign-in-refused = Nome utente o password non corretti.
sign-in-passkey = Accedi con una passkey
sign-in-with = Accedi con
sign-in-again = Accedi di nuovo
sign-in-other = Accedi con un altro nome
to-sign-in = Vai all'accesso
password = Password
password-not-right = La password non è corretta.
second-factor = Secondo fattore
second-factor-lead = La password è corretta. Ora conferma che sei tu.
code = Codice
code-hint = Le 6 cifre che l'app di autenticazione mostra in questo momento.
code-not-right = Il codice non è corretto o è già stato usato: aspetta il prossimo.
recovery-code = Codice di recupero
recovery-code-hint = Uno di quelli che hai conservato. Ciascuno vale una volta sola.
recovery-code-not-right = Il codice di recupero non è corretto o è già stato usato.
use-recovery-code = Usa il codice di recupero
use-passkey = Usa la passkey
passkey = Passkey
passkey-lead = Il browser ti chiede di confermare con l'impronta, il volto, il PIN o una chiave di sicurezza.
passkey-failed = Non è riuscito, o è stato annullato. Riprova.
passkey-missing = Questo browser non conosce le passkey.
passkey-script = Le passkey hanno bisogno di JavaScript. Tutto il resto funziona anche senza.
onward = Accesso
onward-line = Prosegui sul sito della tua organizzazione. Se non succede nulla, usa il pulsante.
provider-unavailable = Il servizio di accesso della tua organizzazione non risponde. Riprova fra poco.
confirm = Conferma che sei tu
confirm-lead = Per questa operazione serve una conferma recente.
unlock = Sessione bloccata
unlock-lead = La pagina è rimasta ferma per un po'. Conferma che sei tu per continuare.
signed-out = Sessione chiusa
signed-out-line = La sessione è chiusa. Su un computer condiviso chiudi anche il browser.
signed-out-there-line = Presso il servizio di accesso della tua organizzazione la sessione è ancora aperta.
signed-out-there = Esci anche lì
try-later =
    { $seconds ->
        [one] Troppi tentativi: aspetta { $seconds } secondo e riprova.
       *[other] Troppi tentativi: aspetta { $seconds } secondi e riprova.
    }

# Link usa e getta
link = Il tuo accesso
link-first = Primo accesso a In Rete
link-first-lead = Questo è il primo accesso: chi lo completa amministra il servizio. Scegli il nome con cui entrerai.
link-lead = Scegli una password per il nome utente { $name }.
link-go = Imposta la password
link-made = Link da consegnare
link-made-lead = Consegna questo link solo alla persona a cui serve, per una via sicura. Si usa una volta sola.
display-name = Nome mostrato
display-name-hint = Così ti vedono le colleghe.
new-password = Nuova password
new-password-hint =
    { $n ->
        [one] Almeno { $n } carattere.
       *[other] Almeno { $n } caratteri: una frase di quattro o più parole è facile da ricordare.
    }
new-password-again = Ripeti la nuova password
new-password-differs = Le due password non sono uguali.
language = Lingua
language-italian = Italiano
language-english = English

# Il mio profilo
account = Il mio profilo
account-called = Nome e lingua
to-account = Torna al profilo
set-up = attivo
not-set-up = non attivo
change-password = Cambia la password
change-password-lead = Le altre sessioni aperte verranno chiuse.
current-password = Password attuale
sessions = Sessioni aperte
sessions-lead = I browser con cui hai fatto l'accesso. Se non ne riconosci uno, chiudilo e cambia la password.
sessions-end-others = Chiudi tutte le altre
session-agent = Browser
session-begun = Inizio
session-seen = Ultima attività
session-ends = Fine
session-this = questa
session-strong = con secondo fattore
session-weak = solo password
session-locked = bloccata
session-end = Chiudi
factors = Secondo fattore
factors-lead = Oltre alla password serve qualcosa che hai con te. Impostane due, così puoi perderne uno.
factors-must = Il tuo ruolo vede dati personali o decide chi li vede: per continuare imposta un secondo fattore.
factors-unused = Hai già un secondo fattore, ma in questa sessione non l'hai usato. Accedi di nuovo.
factor-ready = Secondo fattore attivo
factor-ready-line = D'ora in poi ti verrà chiesto all'accesso.
app = App di autenticazione
app-what = Un'app sul telefono che mostra un codice nuovo ogni 30 secondi.
app-start = Imposta l'app
app-anew = Imposta un'altra app
app-lead = Inquadra l'immagine con l'app di autenticazione.
app-picture = Codice da inquadrare con l'app di autenticazione
app-key = Oppure scrivi questa chiave nell'app:
app-again = Scrivi il codice che l'app mostra adesso.
app-code-hint = Le 6 cifre che l'app mostra adesso.
app-finish = Conferma
passkeys = Passkey
passkeys-what = L'impronta, il volto o il PIN di questo dispositivo, oppure una chiave di sicurezza. Non si può copiare né indovinare.
passkey-start = Aggiungi una passkey
passkey-create = Nuova passkey
passkey-create-lead = Il browser ti chiede dove conservarla e di confermare che sei tu.
passkey-label = Nome della passkey
passkey-label-hint = Per riconoscerla nell'elenco, ad esempio «Telefono di servizio».
passkey-label-usual = Questo dispositivo
recovery-codes = Codici di recupero
recovery-codes-lead = Servono se perdi il secondo fattore. Conservali lontano dal computer, ad esempio su carta in un cassetto chiuso.
recovery-codes-left =
    { $n ->
        [0] Nessun codice di recupero rimasto.
        [one] { $n } codice di recupero rimasto.
       *[other] { $n } codici di recupero rimasti.
    }
recovery-codes-new = Crea nuovi codici

# Token
own-tokens = I miei token
own-tokens-lead = Un token permette a un tuo programma di leggere ciò che puoi leggere tu, senza dati personali. Trattalo come una password.
to-own-tokens = Torna ai token
tokens-lead = Tutti i token del servizio. Si possono solo revocare; ognuna crea i propri.
tokens-none = Non c'è nessun token.
token-label = A che cosa serve
token-label-hint = Mai il nome di una persona.
token-whose = Di chi
token-of-the-command-line = dalla riga di comando
token-days = Giorni di validità
token-days-hint =
    { $n ->
        [one] Al massimo { $n } giorno.
       *[other] Al massimo { $n } giorni.
    }
token-new = Nuovo token
token-make = Crea il token
token-made = Token creato
token-made-lead = Copialo ora nel tuo programma.
token-ends = Scade
token-good = valido
token-ended = scaduto
token-revoked = revocato

# Utenti e ruoli
accounts-lead = Chi può accedere. Che cosa può vedere lo dicono i ruoli.
to-accounts = Torna agli utenti
account-of = Utente
account-active = attivo
account-waiting = in attesa
account-disabled = disattivato
account-is-disabled = L'utente è disattivato: le sue sessioni sono chiuse e i suoi token non aprono più nulla.
account-is-enabled = L'utente è di nuovo attivo.
account-way-in = Accesso di questo utente
account-enable = Riattiva
account-enable-lead = Riattivandolo torna ad avere i ruoli che ha.
account-disable = Disattiva
account-disable-lead = Le sessioni si chiudono subito. I fatti che ha registrato restano.
account-reset-lead = Se ha dimenticato la password o perso il secondo fattore: nasce un nuovo link e l'accesso di prima non vale più. Accertati prima che sia davvero lei.
account-reset-password = Nuova password
account-reset-everything = Nuova password e nuovi fattori
last-sign-in = Ultimo accesso
with-factor = secondo fattore
invite = Invita
invite-lead = Nasce un link che si usa una volta sola. I ruoli si assegnano dopo.
roles = Ruoli
roles-none = Nessun ruolo: dopo l'accesso non vede nulla.
role = Ruolo
role-ended = finito
scope = Dove
partner = Organizzazione
partner-none = Nessuna
partner-hint = Solo per le operatrici di un partner.
partner-missing = Scegli l'organizzazione, fra quelle di questa sperimentazione.
partner-takes-a-pilot = L'operatrice di un partner ha il ruolo in una sperimentazione, non in tutte.
partner-not-for-this-role = Solo l'operatrice di un partner agisce per un'organizzazione.
until = Fino al
until-hint = Ultimo giorno compreso. Vuoto: finché non viene revocato.
until-none = senza termine
until-not-right = Scrivi un giorno che non sia già passato.
relative-dates = Date come giorni dall'ingresso
relative-dates-hint = Solo per chi valuta: al posto delle date dei nuclei vede quanti giorni sono passati dall'ingresso.
grant = Assegna un ruolo
grant-herself = Nessuna assegna ruoli a sé stessa: chiedi a un'altra amministratrice.

# Registro accessi
access-pilots-lead = Scegli la sperimentazione di cui vuoi vedere il registro.
access-log = Letture e atti
access-back = Torna al registro
access-none = Nessuna voce.
access-filter = Filtra
access-filter-go = Mostra
access-filter-none = Tutto
access-older = Voci precedenti
access-actor = Chi ha agito
access-actor-hint = Come sta scritto nelle voci, ad esempio account:… o token:…
from-day = Dal giorno
to-day = Al giorno
facts =
    { $n ->
        [one] { $n } fatto
       *[other] { $n } fatti
    }
person-id = Identificativo della persona
household-id = Identificativo del nucleo
household-id-missing = Scrivi l'identificativo di un nucleo di questa sperimentazione.
about-me = Chi ha letto i miei dati
about-me-lead = L'elenco, da stampare, di chi ha letto i dati di una persona, quando e perché.
about-me-go = Prepara l'elenco
about-me-what = Ogni volta che qualcuno ha aperto il nome, i contatti o i testi di questa persona, ne ha preso una copia o ha limitato l'uso dei suoi dati.
about-me-none = Nessuno ha letto dati di questa persona.
about-me-more = L'elenco continua: qui ci sono le voci più recenti.
about-me-print = Per stamparlo usa la stampa del browser.
printed = Preparato
glass-notices = Aperture d'emergenza da verificare
glass-notices-lead = Qualcuno ha aperto un nucleo che non era condiviso con la sua organizzazione. Guarda perché, chiedi, e scrivi che cosa hai trovato.
glass-until = Aperto fino a

# Diritti delle persone
persons-pilots-lead = Scegli la sperimentazione.
persons-lead = Le persone di cui si parla, per identificativo. Di chi si tratta lo sa chi lavora con loro.
persons-due =
    { $n ->
        [one] Per { $n } persona il tempo di conservazione previsto è finito. Decidi tu se dimenticarla.
       *[other] Per { $n } persone il tempo di conservazione previsto è finito. Decidi tu se dimenticarle.
    }
person-due = conservazione finita il { $day }
persons-back = Torna alle persone
households = Nuclei
person = Persona
person-head = capo del nucleo
person-member = componente
person-notes = note di un nucleo
person-sealed = Fatti con testo sigillato
person-elsewhere = Di questa persona si parla anche dove il tuo ruolo non arriva: serve chi ha il ruolo per tutte le sperimentazioni.
person-is-forgotten = Questa persona è già stata dimenticata.
person-keys-are-fixed = Non è stato cancellato nulla: la chiave principale è in una variabile, e solo chi gestisce l'installazione può aggiungerne una nuova. Chiedile di farlo, poi riprova.
person-is-restricted = C'è una limitazione: va rimossa prima.
key-there = dati leggibili
key-none = nessun testo sigillato
key-forgotten = dimenticata
restricted = limitazione
export = Copia dei dati
export-lead = Tutto ciò che si conserva di lei, in chiaro. Consegnala solo a lei e cancella il file.
export-purpose = Per che cosa
export-text = Scarica il testo
export-json = Scarica il JSON
restriction = Limitazione
restriction-lead = Finché c'è una limitazione questa persona non può essere dimenticata.
restriction-is = C'è una limitazione: questa persona non può essere dimenticata.
restriction-place = Imposta la limitazione
restriction-lift = Rimuovi la limitazione
forget = Dimenticare una persona
forget-lead = La chiave che apre i suoi testi viene distrutta. Non si può tornare indietro. Numeri e rapporti restano come sono.
forget-children = Anche le figlie e i figli
forget-go = Dimentica…
forget-what = Dopo, nessuno potrà più leggere il suo nome, i suoi contatti e i suoi testi: né qui, né in una copia.
forget-sure = So che non si può tornare indietro.
forget-not-sure = Conferma che lo sai.
forget-for-good = Dimentica per sempre
forgotten = Dimenticata
forgotten-line = Fatto: { $time }. La chiave è distrutta e la chiave principale è stata sostituita.
forgotten-left = La chiave principale precedente sta fuori dal servizio: chi lo gestisce deve distruggerla e riavviare.
forgotten-files = L'utente della banca dati non può ripulire i file delle chiavi: ciò che vi resta è chiuso con la chiave principale precedente.
forgotten-receipts = Dove è registrato
forgotten-count =
    { $n ->
        [one] { $n } persona dimenticata.
       *[other] { $n } persone dimenticate.
    }

# Emergenza
glass-pilots-lead = Scegli la sperimentazione.
glass-lead =
    { $n ->
        [one] Solo se c'è un pericolo e non c'è altro modo. Il nucleo si apre per { $n } minuto, l'apertura resta registrata e la responsabile della protezione dei dati la verifica.
       *[other] Solo se c'è un pericolo e non c'è altro modo. Il nucleo si apre per { $n } minuti, l'apertura resta registrata e la responsabile della protezione dei dati la verifica.
    }
glass-new = Apri un nucleo
glass-known = So che l'apertura viene registrata e verificata.
glass-known-missing = Conferma che lo sai.
glass-go = Apri adesso
glass-opened = Aperto fino a: { $time }.
glass-open = Aperti adesso
glass-open-until = fino a { $time }

# Che cosa è stato fatto
said-account-ready = La password è impostata. Ora puoi accedere.
said-confirmed = Confermato.
said-expired = La sessione era finita: accedi di nuovo. Quello che avevi inviato non è stato fatto.
said-factor-removed = L'app di autenticazione è stata rimossa.
said-granted = Il ruolo è assegnato.
said-language = La lingua è cambiata.
said-lifted = La limitazione è rimossa.
said-locked = La sessione è bloccata.
said-passkey-removed = La passkey è stata rimossa.
said-password-changed = La password è cambiata. Le altre sessioni sono chiuse.
said-renamed = Salvato.
said-restricted = La limitazione è impostata.
said-reviewed = La verifica è registrata.
said-revoked = Il ruolo è revocato.
said-session-ended = La sessione è chiusa.
said-sessions-ended = Le altre sessioni sono chiuse.
said-start-again = È passato troppo tempo, o era già finito: ricomincia.
said-token-revoked = Il token è revocato.

# Che cosa non va
wrong-not-found = Pagina non trovata
wrong-not-found-line = Qui non c'è nulla. Forse l'indirizzo è incompleto.
wrong-method = Non si può aprire così
wrong-method-line = Questo indirizzo serve solo a un modulo. Torna all'inizio e riprova da lì.
wrong-forbidden = Non consentito
wrong-forbidden-line = I tuoi ruoli non lo consentono. Se ti serve, chiedi a chi amministra il servizio.
wrong-forged = Il modulo non vale più
wrong-forged-line = Il modulo è di un'altra sessione o viene da un altro sito. Non è stato fatto nulla. Torna alla pagina, ricaricala e riprova.
wrong-too-often = Troppe richieste
wrong-form = Il modulo non si legge
wrong-form-line = È troppo lungo, o non è arrivato tutto. Non è stato fatto nulla.
wrong-unavailable = Servizio non disponibile
wrong-unavailable-line = Il servizio non risponde in questo momento. Riprova fra poco.
wrong-fault = Qualcosa si è rotto
wrong-fault-line = L'errore è registrato con il numero { $number }. Riprova; se si ripete, comunica il numero a chi gestisce il servizio.
refused-name-taken = Questo nome utente è già usato: scegline un altro.
refused-name-not-valid = Scrivi un indirizzo e-mail, oppure una parola di almeno 3 caratteri senza spazi.
refused-display-name = Scrivi un nome da 1 a 100 caratteri.
refused-label = Scrivi un'etichetta da 1 a 100 caratteri.
refused-unknown-account = Questo utente non esiste.
refused-disabled = Questo utente è disattivato: va prima riattivato.
refused-link = Questo link è già stato usato o è scaduto. Chiedine uno nuovo.
refused-password-short =
    { $n ->
        [one] La password deve avere almeno { $n } carattere.
       *[other] La password deve avere almeno { $n } caratteri: usa una frase di quattro o più parole.
    }
refused-password-long =
    { $n ->
        [one] La password può avere al massimo { $n } carattere.
       *[other] La password può avere al massimo { $n } caratteri.
    }
refused-password-guessable = Questa password si indovina facilmente: usa una frase di quattro o più parole che non si trovano insieme.
refused-signed-out = La sessione è finita: accedi di nuovo.
refused-locked = La sessione è bloccata: conferma prima che sei tu.
refused-confirm-first = Conferma prima che sei tu.
refused-not-strong = Accedi prima con il secondo fattore.
refused-code = Il codice non è corretto o è già stato usato: aspetta il prossimo.
refused-start-again = È passato troppo tempo, o era già finito: ricomincia.
refused-last-factor = È il tuo unico secondo fattore: impostane prima un altro.
refused-no-such-factor = Questo secondo fattore non è impostato.
refused-no-passkeys = Le passkey funzionano solo dove il servizio ha un nome, non un indirizzo numerico.
refused-passkey = Non è stato possibile verificare la passkey. Riprova.
refused-passkey-known = Questa passkey c'è già.
refused-too-many =
    { $n ->
        [one] Ce n'è già { $n }: rimuovilo prima.
       *[other] Ce ne sono già { $n }: rimuovine prima uno.
    }
refused-token-too-long =
    { $n ->
        [one] Un token dura al massimo { $n } giorno.
       *[other] Un token dura almeno un giorno e al massimo { $n } giorni.
    }
refused-unknown-provider = Questo servizio di accesso non esiste.
refused-provider = Il servizio della tua organizzazione non ha confermato l'accesso. Riprova, o chiedi lì.
refused-provider-answer = La risposta del servizio di accesso non è valida: ricomincia.
refused-not-invited = Qui non c'è un invito per te: chiedilo a chi amministra il servizio.
refused-linked-elsewhere = Questa identità è già collegata a un altro utente.
