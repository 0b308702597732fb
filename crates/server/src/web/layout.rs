//! What every page has around it, and the templates most pages are made of.

use std::borrow::Borrow;

use askama::Template;
use identity::Language;
use poem::Response;
use poem::http::StatusCode;
use poem::http::header::CONTENT_TYPE;

use super::assets::{ASSETS, Assets};
use super::texts::{Put, text, text_with};
use super::wrong::Wrong;

/// What every template gets.
pub(crate) struct Page {
    language: Language,
    /// The heading, and what the browser shows on its tab: never anything about a person.
    pub(crate) title: String,
    /// The address without what is asked, for coming back after choosing a language.
    pub(crate) path: &'static str,
    /// Who signed in, as she is called.
    pub(crate) who: Option<String>,
    /// Does she have to confirm who she is?
    pub(crate) locked: bool,
    /// Where she may go.
    pub(crate) nav: Vec<Place>,
    /// What forms carry to show that they are this browser's.
    pub(crate) token: String,
    /// What the page before has to say.
    pub(crate) said: Option<String>,
    /// Are the data invented?
    pub(crate) demonstration: bool,
    /// Where leaving at once leads.
    pub(crate) quick_exit: String,
    /// Style, scripts, icon.
    pub(crate) assets: &'static Assets,
}

/// An entry of the navigation.
pub(crate) struct Place {
    pub(crate) path: &'static str,
    pub(crate) label: String,
    pub(crate) here: bool,
}

impl Page {
    pub(crate) fn new(language: Language, path: &'static str, quick_exit: String) -> Self {
        Self {
            language,
            title: String::new(),
            path,
            who: None,
            locked: false,
            nav: Vec::new(),
            token: String::new(),
            said: None,
            demonstration: false,
            quick_exit,
            assets: &ASSETS,
        }
    }

    /// With a heading.
    pub(crate) fn titled(mut self, key: &str) -> Self {
        self.title = self.t(key);
        self
    }

    /// A text.
    pub(crate) fn t(&self, key: &str) -> String {
        text(self.language, key)
    }

    /// A text with one value put in.
    pub(crate) fn t1<'a>(&self, key: &str, name: &str, value: impl Into<Put<'a>>) -> String {
        text_with(self.language, key, &[(name, value.into())])
    }

    /// A text with a number put in.
    pub(crate) fn n(&self, key: &str, number: impl Borrow<usize>) -> String {
        let number = Put::Number(*number.borrow() as u64);
        text_with(self.language, key, &[("n", number)])
    }

    /// The language.
    pub(crate) fn language(&self) -> Language {
        self.language
    }

    /// Its code.
    pub(crate) fn lang(&self) -> &'static str {
        self.language.code()
    }

    /// The label of a code, of its two.
    pub(crate) fn label(&self, (italian, english): (&'static str, &'static str)) -> &'static str {
        match self.language {
            Language::Italian => italian,
            Language::English => english,
        }
    }
}

/// A template as an answer.
pub(crate) fn html(status: StatusCode, template: &impl Template) -> Result<Response, Wrong> {
    let body = template
        .render()
        .map_err(|error| Wrong::fault("a page", &error))?;
    Ok(Response::builder()
        .status(status)
        .header(CONTENT_TYPE, "text/html; charset=utf-8")
        .body(body))
}

/// The way to another page, which is then asked for with GET.
pub(crate) fn go(path: &str) -> Response {
    Response::builder()
        .status(StatusCode::SEE_OTHER)
        .header("location", path)
        .finish()
}

/// A page that says something.
#[derive(Template)]
#[template(path = "said.html")]
pub(crate) struct Said {
    pub(crate) page: Page,
    pub(crate) lines: Vec<String>,
    pub(crate) link: Option<(&'static str, String)>,
}

/// A page with forms, one under the other.
#[derive(Template)]
#[template(path = "form.html")]
pub(crate) struct FormPage {
    page: Page,
    lead: Vec<String>,
    forms: Vec<FormPart>,
    links: Vec<(&'static str, String)>,
    summary: Vec<Problem>,
}

/// Something that has to be mended, for the summary: the field it is about, or an empty word.
pub(crate) struct Problem {
    pub(crate) field: &'static str,
    pub(crate) text: String,
}

/// One form.
pub(crate) struct FormPart {
    action: &'static str,
    account: Option<String>,
    hidden: Vec<(&'static str, String)>,
    fields: Vec<Field>,
    submit: String,
    class: &'static str,
    between: Option<String>,
}

impl FormPart {
    pub(crate) fn new(action: &'static str, submit: String) -> Self {
        Self {
            action,
            account: None,
            hidden: Vec::new(),
            fields: Vec::new(),
            submit,
            class: "",
            between: None,
        }
    }

    /// With a field.
    pub(crate) fn field(mut self, field: Field) -> Self {
        self.fields.push(field);
        self
    }

    /// Whose password is asked for: password managers want to know, and do not see the page.
    pub(crate) fn password_of(mut self, name: &str) -> Self {
        self.account = Some(name.to_owned());
        self
    }

    /// With a value that is not shown.
    pub(crate) fn hidden(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.hidden.push((name, value.into()));
        self
    }

    /// Not the first thing to do here.
    pub(crate) fn second(mut self) -> Self {
        self.class = "second";
        self
    }

    /// Parted from the form before, with a word.
    pub(crate) fn after(mut self, between: String) -> Self {
        self.between = Some(between);
        self
    }
}

impl FormPage {
    pub(crate) fn new(page: Page) -> Self {
        Self {
            page,
            lead: Vec::new(),
            forms: Vec::new(),
            links: Vec::new(),
            summary: Vec::new(),
        }
    }

    /// With a paragraph before the forms.
    pub(crate) fn lead(mut self, line: String) -> Self {
        self.lead.push(line);
        self
    }

    /// With a form.
    pub(crate) fn form(mut self, form: FormPart) -> Self {
        self.forms.push(form);
        self
    }

    /// With a link after the forms.
    pub(crate) fn link(mut self, path: &'static str, label: String) -> Self {
        self.links.push((path, label));
        self
    }

    /// With something to mend that is about no field.
    pub(crate) fn problem(mut self, text: Option<String>) -> Self {
        self.summary
            .extend(text.map(|text| Problem { field: "", text }));
        self
    }

    /// As an answer. What is wrong with the fields is told at the top, each with a way to its field;
    /// then the answer is 422, and the heading says so to who does not see the page.
    pub(crate) fn answer(mut self) -> Result<Response, Wrong> {
        for field in self.forms.iter().flat_map(|form| &form.fields) {
            if let Some(text) = &field.error {
                self.summary.push(Problem {
                    field: field.name,
                    text: text.clone(),
                });
            }
        }
        let status = match self.summary.is_empty() {
            true => StatusCode::OK,
            false => StatusCode::UNPROCESSABLE_ENTITY,
        };
        html(status, &self)
    }
}

/// A field with its label.
#[derive(Template)]
#[template(path = "field.html")]
pub(crate) struct Field {
    name: &'static str,
    label: String,
    kind: Kind,
    value: String,
    hint: Option<String>,
    error: Option<String>,
    described_by: Option<String>,
    autocomplete: &'static str,
    required: bool,
    spelled: bool,
}

/// What is typed or chosen in a field.
pub(crate) enum Kind {
    /// A line.
    Text,
    /// A line that is not shown.
    Password,
    /// A code of digits.
    Code,
    /// A day.
    Day,
    /// A few digits.
    Number,
    /// One of several: value and label.
    Choice(Vec<(String, String)>),
    /// Yes, or nothing.
    Tick,
}

impl Kind {
    fn input(&self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Day => "date",
            Self::Number => "number",
            _ => "text",
        }
    }

    fn is_code(&self) -> bool {
        matches!(self, Self::Code)
    }

    fn is_short(&self) -> bool {
        matches!(self, Self::Day | Self::Number)
    }
}

impl Field {
    pub(crate) fn new(name: &'static str, label: String, kind: Kind) -> Self {
        Self {
            name,
            label,
            kind,
            value: String::new(),
            hint: None,
            error: None,
            described_by: None,
            autocomplete: "off",
            required: true,
            spelled: false,
        }
    }

    /// What browsers and password managers fill in.
    pub(crate) fn autocomplete(mut self, what: &'static str) -> Self {
        self.autocomplete = what;
        self
    }

    /// What was typed before. Never for a password.
    pub(crate) fn value(mut self, value: &str) -> Self {
        self.value = value.to_owned();
        self
    }

    /// How to fill it in.
    pub(crate) fn hint(mut self, hint: String) -> Self {
        self.hint = Some(hint);
        self.describe();
        self
    }

    /// What is wrong with what was typed.
    pub(crate) fn error(mut self, error: Option<String>) -> Self {
        self.error = error;
        self.describe();
        self
    }

    /// It may be left empty.
    pub(crate) fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    /// Words that a spelling checker knows.
    pub(crate) fn spelled(mut self) -> Self {
        self.spelled = true;
        self
    }

    fn describe(&mut self) {
        let name = self.name;
        let parts = [
            self.hint.as_ref().map(|_| format!("{name}-hint")),
            self.error.as_ref().map(|_| format!("{name}-error")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        self.described_by = (!parts.is_empty()).then(|| parts.join(" "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_escaped() {
        let field = Field::new("name", "<b>".to_owned(), Kind::Text)
            .value("\"><script>alert(1)</script>")
            .error(Some("<i>".to_owned()));
        let html = field.render().unwrap();
        assert!(!html.contains("<script>") && !html.contains("<b>") && !html.contains("<i>"));
        assert!(html.contains("aria-describedby=\"name-error\""));
        assert!(html.contains("<label for=\"name\">"));
    }
}
