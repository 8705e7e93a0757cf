//! Requests and complaints as stories: who asks, who answers, when it is due, who may read it, and when it goes
//! (DSR-04, DSR-08, SVC-01, RET-04).

use std::collections::BTreeMap;

use jifen::domain::ids::MemberId;
use jifen::domain::refusal::Refusal;
use jifen::domain::time::Moment;
use jifen::engine::audit::Actor;
use jifen::engine::erase::By;
use jifen::engine::tickets::{OpenedBy, TicketShown, Told};
use jifen::policy::calendar::{Calendar, Certainty, HolidayYear};
use jifen::policy::grant::{Ask, Grant, decide};
use jifen::policy::notice::Language;
use jifen::policy::retention::{RecordKind, RetentionPolicy};
use jifen::policy::ticket::{TicketKind, TicketNo};
use jifen_tests::people::{Form, Person, Shop, counts};
use jifen_tests::wishes::numbered;

/// A shop, its members by letter, and the references that were given out.
struct Desk {
    shop: Shop,
    people: BTreeMap<char, Person>,
    references: BTreeMap<String, String>,
    keys: u64,
}

pub(super) fn own(member: MemberId) -> Grant {
    let signed_in = member;
    decide(&Ask::OwnData { signed_in, member }).unwrap()
}

fn staff(name: &str) -> Actor {
    Actor {
        name: name.to_owned(),
        role: "staff",
        device: "desk-1".to_owned(),
    }
}

pub(super) fn told(kind: TicketKind, text: &str) -> Told<'_> {
    Told {
        kind,
        text,
        language: Language::Zh,
    }
}

fn kind(word: &str) -> TicketKind {
    TicketKind::of_word(word).unwrap()
}

fn sure(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Known => "",
        Certainty::Assumed => " assumed",
    }
}

/// A request in a line.
fn line(ticket: &TicketShown) -> String {
    let replies = ticket.replies.iter();
    let replies: Vec<String> = replies
        .map(|reply| format!("{}:{}", reply.by, reply.text.as_str()))
        .collect();
    let owner = ticket.owner.as_deref().unwrap_or("-");
    let (number, kind) = (ticket.number, ticket.kind.as_str());
    let (state, text) = (ticket.state.as_str(), ticket.text.as_str());
    let ended = ticket.ended_at.map_or("", |_| " ended");
    format!(
        "{number} {kind} {state}{ended} {owner} {text} [{}]",
        replies.join("|")
    )
}

impl Desk {
    fn new() -> Self {
        let mut desk = Self {
            shop: Shop::in_memory(),
            people: BTreeMap::new(),
            references: BTreeMap::new(),
            keys: 0,
        };
        for (number, letter) in (1..).zip(['A', 'B']) {
            let key = desk.key();
            let person = desk.shop.join(&numbered(key), &Form::of(number));
            desk.people.insert(letter, person);
        }
        desk
    }

    fn key(&mut self) -> u64 {
        self.keys += 1;
        self.keys
    }

    fn number(text: &str) -> TicketNo {
        text.parse().unwrap()
    }

    /// Does one line of a story, and says what came of it.
    fn act(&mut self, words: &str) -> Result<String, Refusal> {
        let parts: Vec<&str> = words.split(' ').collect();
        let engine = &self.shop.bench.engine;
        let li = staff("li.lei");
        let done = |result: Result<(), Refusal>| result.map(|()| "done".to_owned());
        match *parts {
            ["at", time] => {
                let at: Moment = time.parse().unwrap();
                self.shop.bench.clock.follow(at);
                Ok(String::new())
            }
            [who, "open", what, text] => {
                let member = self.people[&who.chars().next().unwrap()].member;
                let by = OpenedBy::Member { device: "kiosk-1" };
                let opened =
                    engine.open_ticket(member, &told(kind(what), text), by, &own(member))?;
                let sure = sure(opened.certainty);
                Ok(format!("{} due {}{sure}", opened.number, opened.due))
            }
            ["desk", "opens", what, text, "for", who] => {
                let member = self.people[&who.chars().next().unwrap()].member;
                let by = OpenedBy::Staff(&li);
                let opened =
                    engine.open_ticket(member, &told(kind(what), text), by, &own(member))?;
                Ok(opened.number.to_string())
            }
            ["nobody", "complains", what, text] => {
                let contact = Some("wang@example.com");
                let opened = engine.complain(&told(kind(what), text), contact, "kiosk-1")?;
                let number = opened.ticket.number.to_string();
                let reference = opened.reference.grouped();
                self.references.insert(number.clone(), reference);
                Ok(format!("{number} due {}", opened.ticket.due))
            }
            ["nobody", "reads", number, "with", of] => {
                let of = self.references.get(of).map_or(of, String::as_str);
                Ok(line(&engine.complaint(number, of)?))
            }
            [who, "reads"] => {
                let member = self.people[&who.chars().next().unwrap()].member;
                let shown = engine.tickets_of(member, &own(member))?;
                Ok(shown.iter().map(line).collect::<Vec<_>>().join(" / "))
            }
            ["staff", "reads", number] => {
                let read = engine.ticket(Self::number(number), &li)?;
                let contact = read.contact.as_ref().map_or("-", |text| text.as_str());
                Ok(format!("{} {contact}", line(&read.shown)))
            }
            ["staff", "takes", number] => done(engine.take_ticket(Self::number(number), &li)),
            ["staff", "answers", number, text] => {
                done(engine.answer_ticket(Self::number(number), text, &li))
            }
            ["staff", "closes", number] => {
                done(engine.close_ticket(Self::number(number), None, &li))
            }
            ["staff", "closes", number, "with", text] => {
                done(engine.close_ticket(Self::number(number), Some(text), &li))
            }
            ["list"] => {
                let open = engine.open_tickets(engine.now())?;
                let open = open.iter().map(|ticket| {
                    let overdue = if ticket.is_overdue { " overdue" } else { "" };
                    let alone = if ticket.is_escalated {
                        " escalated"
                    } else {
                        ""
                    };
                    format!(
                        "{} {}{overdue}{alone}",
                        ticket.number,
                        ticket.state.as_str()
                    )
                });
                Ok(open.collect::<Vec<_>>().join(" / "))
            }
            ["sweep"] => {
                let gone = engine.retain(&RetentionPolicy::default(), false)?;
                Ok(gone.count(RecordKind::Tickets).to_string())
            }
            [who, "leaves"] => {
                let member = self.people[&who.chars().next().unwrap()].member;
                let points = engine.farewell(member, &own(member))?.points;
                let by = By::Member { device: "kiosk-1" };
                self.keys += 1;
                engine.erase(&numbered(self.keys), member, by, points)?;
                Ok("gone".to_owned())
            }
            [who, "corrects"] => {
                let member = self.people[&who.chars().next().unwrap()].member;
                self.keys += 1;
                let data = ("李雷", "13900001234");
                engine.correct(&numbered(self.keys), member, data, "kiosk-1", &own(member))?;
                let retired = engine.retire_core()?;
                engine.drop_retired(&retired)?;
                Ok("corrected".to_owned())
            }
            _ => panic!("no such line: {words}"),
        }
    }
}

/// Plays a story: `words -> what came of it`; a refusal is its code.
fn check(story: &str) -> Desk {
    let mut desk = Desk::new();
    play(&mut desk, story);
    desk
}

fn play(desk: &mut Desk, story: &str) {
    for told in story.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (words, expected) = told.split_once(" ->").unwrap_or((told, ""));
        let came = desk.act(words.trim());
        let came = came.unwrap_or_else(|refusal| refusal.code().to_owned());
        assert_eq!(came, expected.trim_start(), "{told}");
    }
    desk.shop.bench.assert_verified("a story of requests");
}

#[test]
fn a_request_is_due_in_fifteen_working_days_and_overdue_on_the_day_after() {
    // 2020 is not known: it has no holidays.
    check(
        "at 2020-06-01T09:00:00+08:00
         A open query 我有哪些信息 -> 2020-000001 due 2020-06-22 assumed
         list -> 2020-000001 open
         at 2020-06-02T23:59:59+08:00
         list -> 2020-000001 open
         at 2020-06-03T00:00:00+08:00
         list -> 2020-000001 open escalated
         staff takes 2020-000001 -> done
         list -> 2020-000001 open
         at 2020-06-22T23:59:59+08:00
         list -> 2020-000001 open
         at 2020-06-23T00:00:00+08:00
         list -> 2020-000001 open overdue
         staff answers 2020-000001 已发至邮箱 -> done
         list -> 2020-000001 answered
         staff closes 2020-000001 -> done
         list ->",
    );
    // The same June of a year whose holidays are known, and of one that the shop says has none.
    check(
        "at 2026-06-01T09:00:00+08:00
         A open copy 一份副本 -> 2026-000001 due 2026-06-23
         at 2026-09-18T09:00:00+08:00
         A open copy 再来一份 -> 2026-000002 due 2026-10-15",
    );
    let mut desk = Desk::new();
    let none = HolidayYear::parse(r#"{"year": 2026, "off": [], "work": []}"#).unwrap();
    desk.shop
        .engine()
        .keep_calendar(Calendar::official().with(none));
    play(
        &mut desk,
        "at 2026-06-01T09:00:00+08:00
         A open query 我有哪些信息 -> 2026-000001 due 2026-06-22
         at 2026-06-23T00:00:00+08:00
         list -> 2026-000001 open overdue escalated",
    );
}

#[test]
fn a_request_is_closed_with_a_reply_and_then_is_over() {
    check(
        "at 2026-06-01T09:00:00+08:00
         A open correct 名字写错了 -> 2026-000001 due 2026-06-23
         A open correct 名字写错了 -> 2026-000001 due 2026-06-23
         A open delete 名字写错了 -> 2026-000002 due 2026-06-23
         desk opens restrict 请暂停使用 for B -> 2026-000003
         staff closes 2026-000001 -> reply_needed
         staff closes 2026-000001 with \u{7} -> bad_ticket_text
         A reads -> 2026-000002 delete open - 名字写错了 [] / 2026-000001 correct open - 名字写错了 []
         staff answers 2026-000001 请带证件来 -> done
         staff answers 2026-000001 已改好 -> done
         staff closes 2026-000001 -> done
         staff closes 2026-000001 -> ticket_closed
         staff answers 2026-000001 还有 -> ticket_closed
         staff takes 2026-000001 -> ticket_closed
         staff closes 2026-000003 with 已暂停 -> done
         A reads -> 2026-000002 delete open - 名字写错了 [] / 2026-000001 correct closed ended li.lei 名字写错了 [li.lei:请带证件来|li.lei:已改好]
         B reads -> 2026-000003 restrict closed ended li.lei 请暂停使用 [li.lei:已暂停]
         A open correct 名字写错了 -> 2026-000004 due 2026-06-23
         staff reads 2026-000005 -> ticket_unknown
         staff closes 2026-000005 with 好 -> ticket_unknown
         list -> 2026-000002 open / 2026-000004 open
         at 2027-01-01T00:00:00+08:00
         A open query 新年 -> 2027-000001 due 2027-01-22 assumed",
    );
}

#[test]
fn whoever_did_not_sign_in_reads_the_answer_with_the_reference_alone() {
    let mut desk = check(
        "at 2026-06-01T09:00:00+08:00
         nobody complains query 我的信息 -> sign_in_needed
         nobody complains delete 我的信息 -> sign_in_needed
         nobody complains complaint 店员态度 -> 2026-000001 due 2026-06-23
         nobody complains violation 泄露手机号 -> 2026-000002 due 2026-06-23
         A open complaint 少记了积分 -> 2026-000003 due 2026-06-23
         nobody reads 2026-000001 with 2026-000001 -> 2026-000001 complaint open - 店员态度 []
         staff reads 2026-000001 -> 2026-000001 complaint open - 店员态度 [] wang@example.com
         staff answers 2026-000001 已道歉 -> done
         nobody reads 2026-000001 with 2026-000001 -> 2026-000001 complaint answered li.lei 店员态度 [li.lei:已道歉]
         nobody reads 2026-000001 with 2026-000002 -> ticket_unknown
         nobody reads 2026-000001 with AAAAA-AAAAA -> ticket_unknown
         nobody reads 2026-000001 with nonsense -> ticket_unknown
         nobody reads 2026-000003 with AAAAA-AAAAA -> ticket_unknown
         nobody reads 2026-000009 with 2026-000001 -> ticket_unknown
         nobody reads nonsense with 2026-000001 -> ticket_unknown
         staff closes 2026-000001 with 谢谢 -> done
         nobody reads 2026-000001 with 2026-000001 -> 2026-000001 complaint closed ended li.lei 店员态度 [li.lei:已道歉|li.lei:谢谢]",
    );
    let bad = desk.shop.engine().complain(
        &told(TicketKind::Complaint, "店员态度"),
        Some("a\nb"),
        "kiosk-1",
    );
    assert_eq!(bad.unwrap_err(), Refusal::BadContact);
    // A number that is not a member's opens for no other member's grant either.
    let [anna, bo] = ['A', 'B'].map(|letter| desk.people[&letter].member);
    let seen = desk.shop.engine().tickets_of(anna, &own(bo));
    assert_eq!(seen.unwrap_err(), Refusal::TokenUnknown);
    assert_eq!(desk.act("A leaves").unwrap(), "gone");
}

#[test]
fn what_ended_is_kept_for_two_years_to_the_day_and_then_gone() {
    let desk = check(
        "at 2026-06-01T09:00:00+08:00
         A open query 一 -> 2026-000001 due 2026-06-23
         A open copy 二 -> 2026-000002 due 2026-06-23
         A open correct 三 -> 2026-000003 due 2026-06-23
         nobody complains enquiry 几点开门 -> 2026-000004 due 2026-06-23
         nobody complains suggestion 多放椅子 -> 2026-000005 due 2026-06-23
         at 2026-06-10T18:00:00+08:00
         staff closes 2026-000002 with 好 -> done
         staff closes 2026-000004 with 九点 -> done
         at 2026-06-11T00:00:00+08:00
         staff closes 2026-000003 with 好 -> done
         at 2028-06-08T18:00:00+08:00
         sweep -> 0
         at 2028-06-09T23:59:59+08:00
         sweep -> 0
         nobody reads 2026-000004 with 2026-000004 -> 2026-000004 enquiry closed ended li.lei 几点开门 [li.lei:九点]
         at 2028-06-10T00:00:00+08:00
         sweep -> 2
         nobody reads 2026-000004 with 2026-000004 -> ticket_unknown
         staff reads 2026-000002 -> ticket_unknown
         A reads -> 2026-000003 correct closed ended li.lei 三 [li.lei:好] / 2026-000001 query open - 一 []
         at 2028-06-11T00:00:00+08:00
         sweep -> 1
         A reads -> 2026-000001 query open - 一 []
         sweep -> 0
         A open query 四 -> 2028-000001 due 2028-06-30 assumed
         A reads -> 2028-000001 query open - 四 [] / 2026-000001 query open - 一 []",
    );
    let rows = counts(&desk.shop.rows());
    let kept = ["tickets", "desk_tickets", "member_tickets"].map(|table| rows[table]);
    assert_eq!(kept, [3, 3, 2]);
}

#[test]
fn a_members_requests_go_with_the_member_and_nobodys_stay() {
    let mut desk = check(
        "at 2026-06-01T09:00:00+08:00
         A open query 一 -> 2026-000001 due 2026-06-23
         nobody complains complaint 二 -> 2026-000002 due 2026-06-23
         B open query 三 -> 2026-000003 due 2026-06-23
         A open copy 四 -> 2026-000004 due 2026-06-23
         A leaves -> gone
         A reads -> token_unknown
         A open query 五 -> token_unknown
         staff reads 2026-000001 -> ticket_unknown
         staff answers 2026-000004 好 -> ticket_unknown
         list -> 2026-000002 open / 2026-000003 open
         B reads -> 2026-000003 query open - 三 []
         nobody complains complaint 六 -> 2026-000005 due 2026-06-23",
    );
    let rows = counts(&desk.shop.rows());
    let kept = ["tickets", "desk_tickets", "member_tickets"].map(|table| rows[table]);
    assert_eq!(kept, [3, 3, 1]);
    // After another start too.
    desk.shop = desk.shop.reopened(2);
    play(
        &mut desk,
        "list -> 2026-000002 open / 2026-000003 open / 2026-000005 open
         B reads -> 2026-000003 query open - 三 []",
    );
}

#[test]
fn requests_open_under_the_new_key_after_a_correction() {
    check(
        "at 2026-06-01T09:00:00+08:00
         A open correct 电话换了 -> 2026-000001 due 2026-06-23
         A corrects -> corrected
         A reads -> 2026-000001 correct open - 电话换了 []
         staff closes 2026-000001 with 已改 -> done
         A corrects -> corrected
         A reads -> 2026-000001 correct closed ended li.lei 电话换了 [li.lei:已改]",
    );
}

#[test]
fn every_step_is_in_the_audit_with_the_number_and_without_a_word_of_it() {
    let desk = check(
        "at 2026-06-01T09:00:00+08:00
         A open query 一句秘密 -> 2026-000001 due 2026-06-23
         nobody complains complaint 另一句秘密 -> 2026-000002 due 2026-06-23
         staff takes 2026-000001 -> done
         staff reads 2026-000001 -> 2026-000001 query open li.lei 一句秘密 [] -
         staff answers 2026-000002 回复里的秘密 -> done
         staff closes 2026-000001 with 好 -> done
         staff takes 2026-000001 -> ticket_closed",
    );
    let lines = desk.shop.engine().audit_lines(0, 1_000).unwrap();
    let steps: Vec<(String, String, bool)> = lines
        .iter()
        .filter_map(|line| {
            let leaf = jifen::audit::Leaf::parse(line).unwrap();
            let number = leaf.ticket.as_ref()?.to_string();
            let act = line.split_once("\"act\":\"").unwrap().1;
            let act = act.split_once('"').unwrap().0.to_owned();
            Some((act, number, leaf.subject.is_some()))
        })
        .collect();
    let expected = [
        ("ticket_opened", "2026-000001", true),
        ("ticket_opened", "2026-000002", false),
        ("ticket_taken", "2026-000001", true),
        ("ticket_read", "2026-000001", true),
        ("ticket_answered", "2026-000002", false),
        ("ticket_closed", "2026-000001", true),
    ];
    let expected = expected
        .map(|(act, number, is_somebodys)| (act.to_owned(), number.to_owned(), is_somebodys));
    assert_eq!(steps, expected);
    for line in &lines {
        assert!(
            !line.contains("秘密") && !line.contains("example.com"),
            "{line}"
        );
    }
    // Nor is it in any row that can be read without a key.
    for (table, rows) in desk.shop.rows() {
        for (_, value) in rows {
            let text = String::from_utf8_lossy(&value).into_owned();
            assert!(
                !text.contains("秘密") && !text.contains("example.com"),
                "{table}"
            );
        }
    }
}
