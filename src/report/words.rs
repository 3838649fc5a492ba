//! What each measure of a replay means, in words for the page.

/// A measure in words.
pub(super) struct Words {
    /// Its name in the report.
    pub(super) name: &'static str,
    /// Its Chinese name.
    pub(super) zh: &'static str,
    /// What it is, in a sentence.
    pub(super) means: &'static str,
    /// Whether more of it is better.
    pub(super) more: bool,
}

const fn words(name: &'static str, zh: &'static str, more: bool, means: &'static str) -> Words {
    Words { name, zh, means, more }
}

const SPEED: &str = "Sum of metres over sum of seconds of all drives from stop line to stop line on the corridor by vehicles that go \
    straight on, waiting included.";

/// Every measure of the report.
const ALL: [Words; 13] = [
    words("corridor speed", "干线行程车速", true, SPEED),
    words("corridor speed, outbound", "上行行程车速", true, "The same, away from the corridor's start."),
    words("corridor speed, inbound", "下行行程车速", true, "The same, towards the corridor's start."),
    words(
        "end-to-end speed",
        "全程行程车速",
        true,
        "The same, of vehicles that drive the corridor from its first to its last stop line.",
    ),
    words(
        "total delay of all vehicles",
        "总延误",
        false,
        "Over all vehicles of all streets, also those not let in: exit (or end of the run) less wished entry less free-flow time.",
    ),
    words("mean delay of all vehicles", "平均延误", false, "Total delay a vehicle that wished to enter."),
    words(
        "stops a vehicle",
        "平均停车次数",
        false,
        "Speed falling below 5 km/h, counted once a queue until it is above 15 km/h.",
    ),
    words(
        "fuel",
        "油耗",
        false,
        "Petrol and diesel of all vehicles that wished to enter, waiting outside included, by a model of level roads (model card of the plant); \
         every vehicle has an engine.",
    ),
    words("CO2", "二氧化碳排放", false, "From the exhaust, by that fuel: 2.35 kg a litre of petrol, 2.69 of diesel."),
    words(
        "side-street delay, mean",
        "支路平均延误",
        false,
        "Mean control delay over all vehicles of all approaches that cross the corridor.",
    ),
    words("side-street delay, worst", "支路最大延误", false, "Mean control delay of the worst of these approaches."),
    words(
        "pedestrian wait, mean",
        "行人平均等待",
        false,
        "From a pedestrian's arrival at the crossing to the start of walking.",
    ),
    words(
        "unserved vehicles",
        "未驶离车辆",
        false,
        "Not out when the run ended, at most 30 minutes after demand stopped.",
    ),
];

/// The words of a measure; `None` when it has none.
pub(super) fn of(name: &str) -> Option<&'static Words> {
    ALL.iter().find(|w| w.name == name)
}
