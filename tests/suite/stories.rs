//! Every story of `fixtures/stories`, and every worked example of the loyalty contract among them.

use jifen_tests::story::play;

macro_rules! stories {
    ($($name:ident => $file:literal;)*) => {
        $(
            #[test]
            fn $name() {
                play($file, include_str!(concat!("../../fixtures/stories/", $file, ".txt")));
            }
        )*

        /// A story that is never played proves nothing.
        #[test]
        fn every_story_is_played() {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/stories");
            let mut found: Vec<String> = std::fs::read_dir(folder)
                .expect("the folder is there")
                .map(|file| file.expect("it reads").file_name().into_string().expect("a plain name"))
                .collect();
            let mut played = vec![$(concat!($file, ".txt").to_owned()),*];
            found.sort();
            played.sort();
            assert_eq!(found, played);
        }
    };
}

stories! {
    the_rest_is_carried => "earning-carry";
    thirty_and_twenty_earn_what_fifty_earns => "earning-fifty";
    five_points_for_every_seven => "earning-five-per-seven";
    without_carry_the_rest_is_dropped => "earning-no-carry";
    a_cap_per_sale_limits_what_counts => "earning-cap-per-sale";
    a_cap_per_day_counts_by_the_local_day => "earning-cap-per-day";
    points_vest_and_expire_by_their_own_dates => "vesting-and-expiry";
    lifetimes_align_to_the_end_of_the_month => "lifetimes";
    held_points_outlive_their_date_until_the_hold_ends => "holds";
    a_capture_uses_pinned_points_in_their_order => "holds-captured";
    points_pay_for_a_share_of_what_they_may_pay_for => "redeeming";
    odd_worths_are_rounded_down_and_shared_exactly => "redeeming-thirds";
    the_worked_sale_comes_out_to_the_cent => "worked-sale";
    the_worked_refund_in_two_parts_comes_out_the_same => "worked-refund-in-two";
    three_thirds_are_one => "refund-thirds";
    a_clawback_takes_lots_step_by_step => "clawback-step-by-step";
    what_expired_unspent_is_not_taken_twice => "clawback-from-expired";
    used_points_come_back_last_used_first => "points-come-back";
    used_points_past_their_date_come_back_expired => "points-come-back-late";
    days_of_grace_give_them_a_lot_of_their_own => "points-come-back-in-grace";
    within_balance_leaves_no_debt => "refund-policies";
    forgiving_takes_the_sales_own_lot_alone => "refund-forgiven";
    debt_has_a_limit => "debt-limit";
    tiers_rise_with_the_next_sale_and_fall_with_a_refund => "tiers";
    late_sales_earn_by_the_tier_of_their_day => "tiers-late-sales";
    a_rolling_tier_falls_after_its_grace => "tiers-rolling";
    spend_that_left_the_window_lifts_no_tier => "tiers-rolling-upgrade";
    a_tier_regained_within_the_grace_stays => "tiers-regained-in-grace";
    a_calendar_year_holds_through_the_next => "tiers-calendar-year";
    years_of_membership_begin_on_the_day_of_enrolment => "tiers-anniversary";
    review_keeps_the_tier => "tiers-review";
    review_does_not_outlive_the_window => "tiers-review-rolling";
    a_sale_may_give_a_hold_back => "holds-given-back-by-a-sale";
    one_sale_earns_no_more_than_the_ledger_moves => "points-too-many";
    each_state_may_do_what_it_may => "states";
    adjustments_need_a_reason_and_a_second_person => "adjustments";
    a_void_is_for_the_same_business_day => "reversals";
    old_and_future_sales_are_refused => "old-sales";
    two_tills_cannot_spend_one_balance => "two-tills";
}
