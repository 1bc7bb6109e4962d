//! Identity of a response: respondents and steps are separate; an email's case is ignored.

use tests::Stack;
use tests::media::Sample;
use tests::respondent::OPEN_PROJECT;

#[test]
fn email_is_case_insensitive() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    let mut shouting = stack.respondent();
    shouting.email = ann.email.to_uppercase();
    let key = shouting.submit(&stack.sample(Sample::Clip));
    let ready = shouting.until("ready");
    assert_eq!(
        (&ready["email"], &ready["upload"]["key"]),
        (&ann.email.as_str().into(), &key.into())
    );
    assert_eq!(ann.response()["upload"], ready["upload"]);
    assert_eq!(ann.item().unwrap()["Mail"], ann.email);
    assert_eq!(shouting.item(), None);
}

#[test]
fn respondents_and_steps_are_separate() {
    let stack = Stack::shared();
    let (ann, bob) = (stack.respondent(), stack.respondent());
    let answers = [
        (ann.at_step(0), Sample::Clip, (320, 240)),
        (ann.at_step(1), Sample::Portrait, (360, 640)),
        (bob.at_step(0), Sample::Portrait, (360, 640)),
        (bob.at_step(1), Sample::Clip, (320, 240)),
    ];
    let keys: Vec<String> = answers
        .iter()
        .map(|(who, sample, _)| who.submit(&stack.sample(*sample)))
        .collect();
    let mut renditions = Vec::new();
    for ((who, _, (width, height)), key) in answers.iter().zip(&keys) {
        let ready = who.until("ready");
        assert_eq!(
            (&ready["project"], &ready["step"]),
            (&OPEN_PROJECT.into(), &who.step.into())
        );
        assert_eq!(
            (&ready["email"], &ready["upload"]["key"]),
            (&who.email.as_str().into(), &key.as_str().into())
        );
        assert_eq!(
            (&ready["playback"]["width"], &ready["playback"]["height"]),
            (&(*width).into(), &(*height).into())
        );
        renditions.push(who.item().unwrap()["Renditions"]["web"]["Key"].to_string());
    }
    renditions.sort();
    renditions.dedup();
    assert_eq!(renditions.len(), 4);
}

#[test]
fn percent_encoded_email_is_the_same_email() {
    let stack = Stack::shared();
    let mut ann = stack.respondent();
    ann.email = format!("ann+{}", ann.email);
    ann.submit(&stack.sample(Sample::Clip));
    let ready = ann.until("ready");
    for spelling in [ann.email.replace('@', "%40"), ann.email.replace('+', "%2B")] {
        let response = stack
            .owner_get(&format!("{}/{spelling}", ann.responses()))
            .expect(200)
            .json();
        assert_eq!(response["upload"], ready["upload"], "{spelling}");
    }
    // In a query a plus is a space.
    let videos = stack.owner_get(&format!("/videos?mail={}", ann.email.replace('+', "%2B")));
    assert_eq!(videos.expect(200).json()[0]["Mail"], ann.email);
}
