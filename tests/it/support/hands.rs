//! What people do on pages in a browser: sign in, press, follow, choose, search, and wait until they read something.

use super::browser::Browser;
use super::world::PASSWORD;
use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::elements::Element;
use fantoccini::{Client, Locator};

/// The key that ends a line.
const ENTER: &str = "\u{e007}";

impl Browser {
    /// Signs in at the application that listens at `origin`.
    pub async fn sign_in(&self, origin: &str, email: &str) {
        self.visit(&format!("{origin}/sign-in")).await;
        self.fill("#email", email).await;
        self.fill("#password", PASSWORD).await;
        self.press("Sign in").await;
        self.until("h1", "").await;
    }

    /// Waits until an element shows some words.
    pub async fn until(&self, css: &str, words: &str) {
        self.wait_for(&format!("“{words}” in {css}"), async |client| {
            let found = client.find_all(Locator::Css(css)).await.ok()?;
            for element in found {
                if element.text().await.ok()?.contains(words) {
                    return Some(());
                }
            }
            None
        })
        .await;
    }

    /// The same, and the page is the one that was open already.
    pub async fn until_without_reloading(&self, css: &str, words: &str) {
        let mark = "window.stillTheSame = true";
        self.client.execute(mark, vec![]).await.unwrap();
        self.until(css, words).await;
        let same = self.client.execute("return window.stillTheSame === true", vec![]).await;
        assert_eq!(same.unwrap(), true, "the page was loaded anew");
    }

    /// The page shows how far the reading of an audience is, and then leads on to the preview.
    pub async fn look_on_until_the_audience_is_read(&self) {
        self.wait_for("the preview", async |client| {
            let heading = client.find(Locator::Css("h1")).await.ok()?.text().await.ok()?;
            if heading == "What would happen" {
                return Some(());
            }
            let onwards = client.find(Locator::Css("[data-live] a[href*=preview]")).await.ok()?;
            // The link may be replaced while it is pressed; then the next look finds the new one.
            let _ = onwards.click().await;
            None
        })
        .await;
    }

    /// Presses the button with these words; not one that only makes the Enter key save.
    pub async fn press(&self, words: &str) {
        self.click_on(&format!(
            "//main//button[not(@aria-hidden)][normalize-space()=\"{words}\"]"
        ))
        .await;
    }

    /// Follows the first link inside that begins with these words.
    pub async fn follow(&self, words: &str, inside: &str) {
        let find = async |client: &Client| link(client, words, inside).await;
        let link = self.wait_for(&format!("a link “{words}” in {inside}"), find).await;
        if link.clone().click().await.is_err() {
            self.point_and_click(link).await;
        }
    }

    /// Follows an entry of the main menu.
    pub async fn go(&self, words: &str) {
        self.follow(words, "nav[aria-label='Main menu']").await;
        self.until("h1", words).await;
    }

    /// Chooses the entry of a select that begins with these words.
    pub async fn choose(&self, id: &str, words: &str) {
        self.click_on(&format!(
            "//select[@id='{id}']//option[starts-with(normalize-space(),'{words}')]"
        ))
        .await;
    }

    /// Searches from the head of whatever page is open.
    pub async fn search(&self, words: &str) {
        self.look_for(words).await;
        self.until("main", &format!("found for “{words}”")).await;
    }

    /// The same where only one fits: their own page opens.
    pub async fn look_for(&self, words: &str) {
        self.fill("#search", words).await;
        let field = self.client.find(Locator::Css("#search")).await.unwrap();
        field.send_keys(ENTER).await.unwrap();
    }

    /// Takes back what the page says was done.
    pub async fn undo(&self, what: &str) {
        self.follow("Undo", ".message").await;
        self.until("h1", &format!("Undo: {what}")).await;
        self.press("Undo").await;
        self.until(".message__text", &format!("Undone: {what}")).await;
    }

    /// What a field holds.
    pub async fn value(&self, css: &str) -> String {
        let field = self.client.find(Locator::Css(css)).await.unwrap();
        field.prop("value").await.unwrap().unwrap_or_default()
    }

    async fn click_on(&self, xpath: &str) {
        let find = async |client: &Client| client.find(Locator::XPath(xpath)).await.ok();
        self.wait_for(xpath, find).await.click().await.unwrap();
    }

    /// With the mouse: what stands in a closed `details` that is shown nevertheless counts as hidden for a driver's own click.
    async fn point_and_click(&self, element: Element) {
        let actions = MouseActions::new("mouse".into())
            .then(PointerAction::MoveToElement {
                element,
                duration: None,
                x: 0.0,
                y: 0.0,
            })
            .then(PointerAction::Down {
                button: MOUSE_BUTTON_LEFT,
            })
            .then(PointerAction::Up {
                button: MOUSE_BUTTON_LEFT,
            });
        self.client.perform_actions(actions).await.unwrap();
    }
}

async fn link(client: &Client, words: &str, inside: &str) -> Option<Element> {
    let frame = client.find(Locator::Css(inside)).await.ok()?;
    for link in frame.find_all(Locator::Css("a")).await.ok()? {
        let text = link.prop("textContent").await.ok()??;
        if text.trim().starts_with(words) {
            return Some(link);
        }
    }
    None
}
