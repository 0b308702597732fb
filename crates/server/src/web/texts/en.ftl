# The texts of the pages. `it.ftl` says the same in Italian.

# On every page
brand = In Rete
skip = Skip to content
nav = Sections
footer = In Rete: the path, one fact at a time.
other-language = Italiano
quick-exit = Exit now
quick-exit-hint = Leaves this page at once. So does pressing Shift three times.
demonstration = Demonstration: the data are invented and the sign-ins last until the next start. Do not enter real data.
sign-out = Sign out
lock = Lock
cancel = Cancel
continue = Continue
save = Save
remove = Remove
open = Open
revoke = Revoke
or = or
yes = yes
no = no
do = Action
state = State
never = never
made = Made
last-used = Last used
since = Since
time = When
who = Who
what = What
whose = Whose
why = Why
reason = Reason
pilot = Pilot
position = Position
id = Id
to-start = Back to the start
error-summary = There is something to mend
shown-once = It is shown now and never again: once you leave this page it cannot be recovered.
good-until = Good until: { $time }.
every-pilot = Every pilot, future ones too
pilots-none = There is none for you.

# The sections
nav-home = Start
nav-access = Access log
nav-break-glass = Emergency
nav-persons = Rights of persons
nav-accounts = Accounts and roles
nav-tokens = Tokens
nav-account = My account
home = Start
home-access = Who read what, of whom, when and why.
home-break-glass = Open, for a short time, a household that is not shared with your organisation.
home-persons = A copy of the data, restriction, forgetting.
home-accounts = Invite, disable, grant roles.
home-tokens = The keys with which programs read data.
home-account = Password, second factor, open sessions, language.

# Signing in
sign-in = Sign in
sign-in-go = Sign in
sign-in-name = Sign-in name
sign-in-name-hint = An e-mail address, or a word of at least 3 characters without spaces.
sign-in-name-missing = Enter your sign-in name.
sign-in-password-missing = Enter your password.
sign-in-refused = Sign-in name or password are not right.
sign-in-passkey = Sign in with a passkey
sign-in-with = Sign in with
sign-in-again = Sign in again
sign-in-other = Sign in with another name
to-sign-in = To the sign-in page
password = Password
password-not-right = The password is not right.
second-factor = Second factor
second-factor-lead = The password is right. Now confirm that it is you.
code = Code
code-hint = The 6 digits that your authenticator app shows at this moment.
code-not-right = The code is not right, or was used before: wait for the next one.
recovery-code = Recovery code
recovery-code-hint = One of those you kept. Each is good once.
recovery-code-not-right = The recovery code is not right, or was used before.
use-recovery-code = Use the recovery code
use-passkey = Use the passkey
passkey = Passkey
passkey-lead = Your browser asks you to confirm with fingerprint, face, PIN or a security key.
passkey-failed = That did not work, or was cancelled. Try again.
passkey-missing = This browser does not know passkeys.
passkey-script = Passkeys need JavaScript. Everything else works without it.
onward = Signing in
onward-line = Go on at your organisation's site. If nothing happens, use the button.
provider-unavailable = Your organisation's sign-in service does not answer. Try again in a moment.
confirm = Confirm that it is you
confirm-lead = What you want to do takes a recent confirmation.
unlock = Session locked
unlock-lead = The page has been still for a while. Confirm that it is you to go on.
signed-out = You are signed out
signed-out-line = The session has ended. On a shared computer close the browser, too.
signed-out-there-line = You are still signed in at your organisation's sign-in service.
signed-out-there = Sign out there, too
try-later =
    { $seconds ->
        [one] Too many tries: wait { $seconds } second and try again.
       *[other] Too many tries: wait { $seconds } seconds and try again.
    }

# One-time links
link = Your way in
link-first = First sign-in to In Rete
link-first-lead = This is the first sign-in: whoever completes it administers the service. Choose the name to sign in with.
link-lead = Choose a password for the sign-in name { $name }.
link-go = Set the password
link-made = A link to hand over
link-made-lead = Hand this link to nobody but the person it is for, by a safe way. It can be used once.
display-name = Name shown
display-name-hint = This is how colleagues see you.
new-password = New password
new-password-hint =
    { $n ->
        [one] At least { $n } character.
       *[other] At least { $n } characters: a sentence of four or more words is easy to remember.
    }
new-password-again = The new password again
new-password-differs = The two passwords are not the same.
language = Language
language-italian = Italiano
language-english = English

# My account
account = My account
account-called = Name and language
to-account = Back to my account
set-up = set up
not-set-up = not set up
change-password = Change the password
change-password-lead = Other open sessions will end.
current-password = Current password
sessions = Open sessions
sessions-lead = The browsers you signed in with. If you do not know one, end it and change your password.
sessions-end-others = End all others
session-agent = Browser
session-begun = Begun
session-seen = Last active
session-ends = Ends
session-this = this one
session-strong = with second factor
session-weak = password only
session-locked = locked
session-end = End
factors = Second factor
factors-lead = Beside the password it takes something you have with you. Set up two, so that you can lose one.
factors-must = Your role sees personal data, or says who does: to go on, set up a second factor.
factors-unused = You have a second factor, and did not use it in this session. Sign in again.
factor-ready = Second factor set up
factor-ready-line = From now on it is asked for when you sign in.
app = Authenticator app
app-what = An app on your telephone that shows a new code every 30 seconds.
app-start = Set up the app
app-anew = Set up another app
app-lead = Scan the picture with your authenticator app.
app-picture = Code to be scanned with an authenticator app
app-key = Or type this key into the app:
app-again = Enter the code that the app shows now.
app-code-hint = The 6 digits that the app shows now.
app-finish = Confirm
passkeys = Passkeys
passkeys-what = Fingerprint, face or PIN of this device, or a security key. It can be neither copied nor guessed.
passkey-start = Add a passkey
passkey-create = New passkey
passkey-create-lead = Your browser asks where to keep it, and to confirm that it is you.
passkey-label = Name of the passkey
passkey-label-hint = To recognise it in the list, such as “Office telephone”.
passkey-label-usual = This device
recovery-codes = Recovery codes
recovery-codes-lead = They are for the day you lose your second factor. Keep them away from the computer, such as on paper in a locked drawer.
recovery-codes-left =
    { $n ->
        [0] No recovery code left.
        [one] { $n } recovery code left.
       *[other] { $n } recovery codes left.
    }
recovery-codes-new = Make new codes

# Tokens
own-tokens = My tokens
own-tokens-lead = A token lets a program of yours read what you may read, without personal data. Treat it like a password.
to-own-tokens = Back to the tokens
tokens-lead = All tokens of the service. They can only be revoked; everybody makes her own.
tokens-none = There is no token.
token-label = What it is for
token-label-hint = Never a person's name.
token-whose = Whose
token-of-the-command-line = from the command line
token-days = Days it lasts
token-days-hint =
    { $n ->
        [one] At most { $n } day.
       *[other] At most { $n } days.
    }
token-new = New token
token-make = Make the token
token-made = Token made
token-made-lead = Copy it into your program now.
token-ends = Ends
token-good = good
token-ended = ended
token-revoked = revoked

# Accounts and roles
accounts-lead = Who can sign in. What they can see is said by their roles.
to-accounts = Back to the accounts
account-of = Account
account-active = active
account-waiting = waiting
account-disabled = disabled
account-is-disabled = The account is disabled: its sessions have ended, and its tokens open nothing any more.
account-is-enabled = The account is enabled again.
account-way-in = This account's way in
account-enable = Enable
account-enable-lead = Enabled again, it has the roles it has.
account-disable = Disable
account-disable-lead = Sessions end at once. The facts it recorded stay.
account-reset-lead = When she forgot her password or lost her second factor: there will be a new link, and the old way in is closed. Make sure first that it is really her.
account-reset-password = New password
account-reset-everything = New password and new factors
last-sign-in = Last sign-in
with-factor = second factor
invite = Invite
invite-lead = There will be a link that can be used once. Roles are granted afterwards.
roles = Roles
roles-none = No role: once signed in, she sees nothing.
role = Role
role-ended = ended
scope = Where
partner = Organisation
partner-none = None
partner-hint = For partners' operators only.
partner-missing = Choose the organisation, among those of this pilot.
partner-takes-a-pilot = A partner's operator has her role in one pilot, not in all.
partner-not-for-this-role = Only a partner's operator acts for an organisation.
until = Until
until-hint = The last day, included. Empty: until it is revoked.
until-none = no end
until-not-right = Enter a day that is not over.
relative-dates = Dates as days since admission
relative-dates-hint = For evaluators only: instead of the dates of households they see how many days have passed since admission.
grant = Grant a role
grant-herself = Nobody grants roles to herself: ask another administrator.

# The access log
access-pilots-lead = Choose the pilot whose log you want to see.
access-log = Readings and acts
access-back = Back to the log
access-none = No entries.
access-filter = Filter
access-filter-go = Show
access-filter-none = Everything
access-older = Earlier entries
access-actor = Who acted
access-actor-hint = As the entries have it, such as account:… or token:…
from-day = From
to-day = To
facts =
    { $n ->
        [one] { $n } fact
       *[other] { $n } facts
    }
person-id = Id of the person
household-id = Id of the household
household-id-missing = Enter the id of a household of this pilot.
about-me = Who read my data
about-me-lead = The list, to be printed, of who read a person's data, when and why.
about-me-go = Make the list
about-me-what = Every time that somebody opened this person's name, contacts or texts, took a copy of them, or restricted the use of her data.
about-me-none = Nobody has read data of this person.
about-me-more = The list goes on: these are the latest entries.
about-me-print = To print it, use the browser's print command.
printed = Made
glass-notices = Emergency openings to be reviewed
glass-notices-lead = Somebody opened a household that was not shared with her organisation. Look at why, ask, and write down what you found.
glass-until = Open until

# Rights of persons
persons-pilots-lead = Choose the pilot.
persons-lead = The persons that are spoken of, by their ids. Who they are is known to those who work with them.
persons-due =
    { $n ->
        [one] { $n } person was kept as long as the rules say. Whether she is to be forgotten is yours to decide.
       *[other] { $n } persons were kept as long as the rules say. Whether they are to be forgotten is yours to decide.
    }
person-due = kept long enough on { $day }
persons-back = Back to the persons
households = Households
person = Person
person-head = head of a household
person-member = member
person-notes = a household's notes
person-sealed = Facts with sealed text
person-elsewhere = This person is also spoken of where your role does not reach: it takes somebody who has the role in every pilot.
person-is-forgotten = This person was forgotten before.
person-keys-are-fixed = Nothing was deleted: the master key is in a variable, and only whoever runs the installation can add a new one. Ask for it, then try again.
person-is-restricted = There is a restriction: it has to be lifted first.
key-there = data can be read
key-none = no sealed text
key-forgotten = forgotten
restricted = restriction
export = A copy of the data
export-lead = Everything that is held about her, in the clear. Hand it to nobody but her, and delete the file.
export-purpose = What for
export-text = Download the text
export-json = Download the JSON
restriction = Restriction
restriction-lead = As long as there is a restriction, this person cannot be forgotten.
restriction-is = There is a restriction: this person cannot be forgotten.
restriction-place = Place the restriction
restriction-lift = Lift the restriction
forget = Forgetting a person
forget-lead = The key that opens her texts is destroyed. It cannot be taken back. Figures and reports stay as they are.
forget-children = Her children, too
forget-go = Forget…
forget-what = Afterwards nobody can read her name, her contacts and her texts any more: neither here, nor in a copy.
forget-sure = I know that this cannot be taken back.
forget-not-sure = Confirm that you know.
forget-for-good = Forget for good
forgotten = Forgotten
forgotten-line = Done: { $time }. The key is destroyed, and the master key was replaced.
forgotten-left = The former master key is kept outside the service: whoever runs it has to destroy it and restart.
forgotten-files = The database's user may not clear the files of keys: what is left there is wrapped by the former master key.
forgotten-receipts = Where it is recorded
forgotten-count =
    { $n ->
        [one] { $n } person forgotten.
       *[other] { $n } persons forgotten.
    }

# Emergency
glass-pilots-lead = Choose the pilot.
glass-lead =
    { $n ->
        [one] Only when there is danger and no other way. The household opens for { $n } minute, the opening is recorded, and the data protection officer reviews it.
       *[other] Only when there is danger and no other way. The household opens for { $n } minutes, the opening is recorded, and the data protection officer reviews it.
    }
glass-new = Open a household
glass-known = I know that the opening is recorded and reviewed.
glass-known-missing = Confirm that you know.
glass-go = Open now
glass-opened = Open until: { $time }.
glass-open = Open now
glass-open-until = until { $time }

# What was done
said-account-ready = The password is set. You can sign in now.
said-confirmed = Confirmed.
said-expired = The session had ended: sign in again. What you had sent was not done.
said-factor-removed = The authenticator app was removed.
said-granted = The role is granted.
said-language = The language has changed.
said-lifted = The restriction is lifted.
said-locked = The session is locked.
said-passkey-removed = The passkey was removed.
said-password-changed = The password has changed. Other sessions have ended.
said-renamed = Saved.
said-restricted = The restriction is placed.
said-reviewed = The review is recorded.
said-revoked = The role is revoked.
said-session-ended = The session has ended.
said-sessions-ended = The other sessions have ended.
said-start-again = That took too long, or was finished before: start again.
said-token-revoked = The token is revoked.

# What is wrong
wrong-not-found = Page not found
wrong-not-found-line = There is nothing here. Perhaps the address is not complete.
wrong-method = It cannot be opened like this
wrong-method-line = This address is for a form only. Go back to the start and try again from there.
wrong-forbidden = Not allowed
wrong-forbidden-line = Your roles do not allow this. If you need it, ask whoever administers the service.
wrong-forged = This form is no longer good
wrong-forged-line = The form is of another session, or comes from another site. Nothing was done. Go back to the page, reload it and try again.
wrong-too-often = Too many requests
wrong-form = The form cannot be read
wrong-form-line = It is too long, or did not arrive whole. Nothing was done.
wrong-unavailable = Service not available
wrong-unavailable-line = The service does not answer at this moment. Try again in a moment.
wrong-fault = Something broke
wrong-fault-line = The error is recorded under the number { $number }. Try again; if it happens again, tell the number to whoever runs the service.
refused-name-taken = This sign-in name is taken: choose another.
refused-name-not-valid = Enter an e-mail address, or a word of at least 3 characters without spaces.
refused-display-name = Enter a name of 1 to 100 characters.
refused-label = Enter a label of 1 to 100 characters.
refused-unknown-account = There is no such account.
refused-disabled = This account is disabled: enable it first.
refused-link = This link was used before or has expired. Ask for a new one.
refused-password-short =
    { $n ->
        [one] A password has at least { $n } character.
       *[other] A password has at least { $n } characters: take a sentence of four or more words.
    }
refused-password-long =
    { $n ->
        [one] A password has at most { $n } character.
       *[other] A password has at most { $n } characters.
    }
refused-password-guessable = This password is easily guessed: take a sentence of four or more words that are not found together.
refused-signed-out = The session has ended: sign in again.
refused-locked = The session is locked: confirm that it is you first.
refused-confirm-first = Confirm that it is you first.
refused-not-strong = Sign in with your second factor first.
refused-code = The code is not right, or was used before: wait for the next one.
refused-start-again = That took too long, or was finished before: start again.
refused-last-factor = This is your only second factor: set up another one first.
refused-no-such-factor = This second factor is not set up.
refused-no-passkeys = Passkeys work only where the service has a name, not a numeric address.
refused-passkey = The passkey could not be checked. Try again.
refused-passkey-known = This passkey is set up already.
refused-too-many =
    { $n ->
        [one] There is { $n } already: remove it first.
       *[other] There are { $n } already: remove one first.
    }
refused-token-too-long =
    { $n ->
        [one] A token lasts at most { $n } day.
       *[other] A token lasts at least one day and at most { $n } days.
    }
refused-unknown-provider = There is no such sign-in service.
refused-provider = Your organisation's service did not confirm the sign-in. Try again, or ask there.
refused-provider-answer = The answer of the sign-in service does not hold: start again.
refused-not-invited = There is no invitation for you here: ask whoever administers the service for one.
refused-linked-elsewhere = This identity belongs to another account here.
