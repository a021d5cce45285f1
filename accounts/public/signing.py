"""Sign-up, log-in, passwords: django-allauth's views, each with the policy that the isolation matrix reads."""

from allauth.account import views

from accounts.door import personal_page, public_page

sign_up = public_page("sign-up")(views.signup)
log_in = public_page("log-in")(views.login)
log_out = public_page("log-out")(views.logout)
inactive = public_page("log-in")(views.account_inactive)
mail_sent = public_page("confirmation")(views.email_verification_sent)
confirm = public_page("confirmation")(views.confirm_email)
reset = public_page("reset")(views.password_reset)
reset_done = public_page("reset")(views.password_reset_done)
reset_by_key = public_page("reset")(views.password_reset_from_key)
reset_by_key_done = public_page("reset")(views.password_reset_from_key_done)
change_password = personal_page("password")(views.password_change)
change_email = personal_page("e-mail")(views.email)
prove_again = personal_page("password")(views.reauthenticate)
