//! The life of a definition over the interface, while the loop goes on: what is wrong keeps nothing, what is right is staged, approved,
//! applied and undone, and a file changed on disk is taken over, or told to be wrong.

use super::Centre;
use serde_json::{Value, json};

/// Looks, a tenth of a second apart, until the loop goes by other definitions.
const MOST_LOOKS: u32 = 900;

impl Centre {
    fn fingerprint(&self, cookie: &str) -> String {
        self.must("GET", "/api/v1/network", Some(cookie), None).json()["fingerprint"].as_str().unwrap().to_owned()
    }

    fn until_other_than(&self, cookie: &str, before: &str) -> String {
        for _ in 0..MOST_LOOKS {
            let now = self.fingerprint(cookie);
            if now != before {
                return now;
            }
            self.rest();
        }
        panic!("the loop still goes by the old definitions");
    }

    fn step(&self, cookie: &str) -> u64 {
        self.must("GET", "/api/v1/city", Some(cookie), None).json()["step"].as_u64().unwrap()
    }
}

pub(super) fn live(centre: &Centre) {
    let engineer = centre.log_in_soon("engineer");
    let admin = centre.log_in_soon("admin");
    let files = centre.must("GET", "/api/v1/files", Some(&engineer), None).json();
    let name = files[0]["name"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/files/{}", name.replace('/', "%2F"));
    let post = |cookie: &str, path: &str, body: &Value| centre.must("POST", path, Some(cookie), Some(body));
    let text = centre.must("GET", &path, Some(&engineer), None).json()["text"].as_str().unwrap().to_owned();
    let first = centre.fingerprint(&engineer);

    // everything wrong is told at once, and nothing is kept
    let wrong = text.replacen("speed_km_h = 50", "speed_km_h = -5", 1).replacen("min_green_s", "min_gren_s", 1);
    let told = post(&engineer, &format!("{path}/check"), &json!({ "text": wrong })).json();
    assert!(told["ok"] == false && told["problems"].as_array().unwrap().len() >= 2, "{told}");
    let refused = post(&engineer, &format!("{path}/stage"), &json!({ "text": wrong }));
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert_eq!(centre.must("GET", "/api/v1/changes", Some(&engineer), None).json(), json!([]));

    // what is right says what it changes; its author does not approve it without a word
    let slower = text.replacen("speed_km_h = 50", "speed_km_h = 45", 1);
    let staged = post(&engineer, &format!("{path}/stage"), &json!({ "text": slower })).json();
    let place = staged["differences"][0]["place"].as_str().unwrap();
    assert!(place.contains("speed") && staged["state"] == "staged", "{staged}");
    let change = |what: &str| format!("/api/v1/changes/{}/{what}", staged["id"]);
    assert_eq!(post(&engineer, &change("apply"), &json!({})).status, 409, "not approved yet");
    assert_eq!(post(&engineer, &change("approve"), &json!({})).status, 428);
    assert_eq!(post(&admin, &change("approve"), &json!({})).json()["approved_by"], "the-admin");
    assert_eq!(post(&engineer, &change("apply"), &json!({})).json()["state"], "waiting");
    let steps = centre.step(&engineer);
    let second = centre.until_other_than(&engineer, &first);
    assert_eq!(std::fs::read_to_string(&name).unwrap(), slower);
    assert_eq!(centre.must("GET", "/api/v1/changes", Some(&engineer), None).json()[0]["state"], "applied");
    assert!(centre.step(&engineer) > steps, "the loop went on");

    // one step back
    assert_eq!(post(&engineer, &change("undo"), &json!({})).json()["state"], "undone");
    assert_eq!(centre.until_other_than(&engineer, &second), first);
    assert_eq!(std::fs::read_to_string(&name).unwrap(), text);

    // by hand on disk: what is wrong changes nothing, what is right is taken over
    std::fs::write(&name, &wrong).unwrap();
    for _ in 0..80 {
        centre.rest();
    }
    assert_eq!(centre.fingerprint(&engineer), first);
    std::fs::write(&name, &slower).unwrap();
    assert_eq!(centre.until_other_than(&engineer, &first), second);
    // a change that was staged against another text is not applied over it
    let slowest = text.replacen("speed_km_h = 50", "speed_km_h = 40", 1);
    let staged = post(&engineer, &format!("{path}/stage"), &json!({ "text": slowest })).json();
    let change = |what: &str| format!("/api/v1/changes/{}/{what}", staged["id"]);
    assert_eq!(post(&admin, &change("approve"), &json!({})).status, 200);
    std::fs::write(&name, &text).unwrap();
    let refused = post(&engineer, &change("apply"), &json!({}));
    assert!(refused.status == 409 && refused.body.contains("changed meanwhile"), "{}", refused.body);
    assert_eq!(std::fs::read_to_string(&name).unwrap(), text);
}
