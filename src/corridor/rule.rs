//! The rules of the definition language: a closed list, each with a short stable id.
//!
//! Knows: the ids. `corridors/README.md` lists them all with the same words (a test holds them together), and every rule
//! has a bad file of its own in `tests/corridors/`.
//! Must not know: how a rule is checked.

use serde::{Serialize, Serializer};
use std::fmt;

macro_rules! rules {
    ($($name:ident $id:literal $says:literal)*) => {
        /// What a definition may break.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $(#[doc = $says] $name,)*
        }

        impl Rule {
            /// Every rule, in the order of the language reference.
            pub const ALL: &'static [Rule] = &[$(Rule::$name),*];

            /// The short stable id, such as `min-green-pedestrian`.
            pub const fn id(self) -> &'static str {
                match self { $(Rule::$name => $id),* }
            }

            /// What the rule asks for, in one sentence.
            pub const fn says(self) -> &'static str {
                match self { $(Rule::$name => $says),* }
            }
        }
    };
}

rules! {
    NotUtf8 "not-utf8" "A definition file is UTF-8 text."
    Syntax "toml-syntax" "A definition file is TOML 1.1."
    Kind "kind" "A file says what it is: `kind = \"corridor\"`, `\"intersections\"`, `\"city\"` or `\"profile\"`."
    KeyMissing "key-missing" "Every required key is there."
    KeyUnknown "key-unknown" "No key is there that the language does not know: nothing is ignored in silence."
    KeysExclude "keys-exclude" "Of two ways to say a thing, one is used."
    Type "type" "A value is of the type its key asks for."
    NotFinite "not-finite" "A number is neither NaN nor infinite."
    Range "range" "A number lies in its key's plausible range, which catches slips of unit and of sign."
    Tenths "tenths" "A time is a whole number of tenths of a second, as cabinets count."
    Word "word" "A word is one of those its key knows."
    ClockTime "clock-time" "A time of day is `HH:MM`, from 00:00 to 24:00."
    Date "date" "A date lies from 2000 to 2199."
    IdForm "id-form" "An id is 1 to 32 letters, digits, `-` or `_`."
    Empty "empty" "What must have content is not empty."
    ListLength "list-length" "A list that goes with lanes or stages has one entry for each."
    IdTwice "id-twice" "An id names one thing."
    Reference "reference" "What is named exists."
    LayoutUnused "layout-unused" "Every layout is used by an intersection of its file."
    IntersectionUnused "intersection-unused" "Every intersection is a member of a corridor."
    NoCorridor "no-corridor" "A network has at least one corridor."
    PeriodOrder "period-order" "A period ends after it begins; one over midnight is written as two."
    PeriodsCover "periods-cover" "The periods cover the day in order, without gaps or overlaps."
    SchoolPeriod "school-period" "School periods do not overlap, and need school terms, as these need them."
    DayPlanUnused "day-plan-unused" "Every day plan is named by the calendar."
    DatesOrder "dates-order" "A range of dates does not end before it begins."
    DatesTwice "dates-twice" "Special days do not overlap, nor do school terms."
    CityTwice "city-twice" "A network has at most one city file."
    FilesDisagree "files-disagree" "Files of one network agree on the UTC offset, the periods' times and the calendar."
    MembersFew "members-few" "A corridor has at least two intersections."
    MemberTwice "member-twice" "An intersection is a member of a corridor once."
    ArmTwice "arm-twice" "An approach carries one corridor: corridors that share an intersection cross there."
    ChainageTwice "chainage-twice" "Two members do not stand at the same chainage."
    ChainageStart "chainage-start" "The chainage counts from the first member's stop line: the smallest is 0."
    CoordinatesChainage "coordinates-chainage" "Neighbours are as far apart by their coordinates as by their chainages, within 20 %."
    LinkTwice "link-twice" "Two neighbours are joined by one link."
    LinkMissing "link-missing" "Neighbours by chainage are joined by a link."
    LinkSkips "link-skips" "A link joins neighbours by chainage."
    LinkOrder "link-order" "A link names its ends in outbound order."
    LinkChainage "link-chainage" "A link's distance is within 10 % of its members' chainages."
    CorridorThrough "corridor-through" "Every member lets the corridor's traffic go straight on, both ways."
    CommonCycle "common-cycle" "The members of a corridor, and of corridors that cross, can all run one cycle."
    PocketLength "pocket-length" "A pocket is shorter than the road it lies on."
    AdvancePlace "advance-place" "An advance loop lies on its lane: within the pocket, the entry and the link; an exit loop on a lane of the road beyond."
    LaneOrder "lane-order" "Lanes are listed from the median to the kerb and do not cross: U, L, T, R."
    MovementUnserved "movement-unserved" "Every movement a lane permits has a phase, but a channelised right turn."
    MovementTwice "movement-twice" "A movement has one phase."
    MovementLaneless "movement-laneless" "A phase serves movements that some lane permits."
    RightTurn "right-turn" "Control of right turns is stated where lanes turn right; a channelised one has no phase."
    WaitingArea "waiting-area" "A lane's waiting area opens with the vehicle phase right before the lane's own green, in every sequence."
    BikeLane "bike-lane" "A bicycles' lane lies on an approach that goes straight on; its loop lies on such a lane."
    CrossingNowhere "crossing-nowhere" "Pedestrians cross an arm that vehicles use, by one phase or by one for each half."
    PhaseUnserved "phase-unserved" "Every phase is green in some stage."
    TooMany "too-many" "An intersection has at most 64 phases and 16 stages."
    RingShape "ring-shape" "Every barrier group has all rings; a vehicle phase stands in one ring of one group and has a longest green; pedestrians walk with one of them."
    RingConflict "ring-conflict" "Phases of different rings in one barrier group, and who walks with them, do not conflict; those of different groups do."
    Sequence "sequence" "An alternative sequence is each stage once, from stage 1, in an order of its own."
    WithinGreen "within-green" "A late start is of a phase that begins with the stage in every sequence, an early cut of one that ends with it; the reference phase starts on time."
    MinGreenPedestrian "min-green-pedestrian" "The least green of pedestrians covers walk and clearance."
    MaxGreen "max-green" "A stage's longest green is not below the least green of its phases."
    CycleSwapped "cycle-swapped" "The shortest cycle is not above the longest."
    CycleMinima "cycle-minima" "The shortest cycle holds every stage's least green and intergreen."
    CycleMaxima "cycle-maxima" "The longest cycle can be filled by the longest greens."
    LocalGreen "local-green" "The local plan's greens keep their stages' minima and maxima."
    LocalCycle "local-cycle" "The local plan's cycle is one the intersection may run."
    LocalCalls "local-calls" "Every stage of an actuated local plan is recalled, or called by a loop on each lane it serves."
    ConflictMissing "conflict-missing" "The conflict matrix holds every pair of phases whose streams cross or merge, unless one gives way."
    ConflictTwice "conflict-twice" "A conflict is written once, between two different phases."
    GivesWay "gives-way" "Who gives way on green is a turn that meets oncoming traffic or pedestrians; the pair stands once and is no conflict."
    StageConflict "stage-conflict" "No stage shows two phases that conflict."
    IntergreenPair "intergreen-pair" "An intergreen is written once, between phases that conflict."
    IntergreenShort "intergreen-short" "An intergreen is not shorter than the ending phase's yellow."
    ReferencePhase "reference-phase" "The reference phase is a vehicle phase whose green starts once in the sequence."
    ChannelTwice "channel-twice" "A detector channel belongs to one loop."
    CabinetTwice "cabinet-twice" "A cabinet (address or serial line, and unit) belongs to one intersection."
    CabinetLine "cabinet-line" "Cabinets that share a serial line or an address reach it in one way: transport, baud and parity agree."
    CabinetAddress "cabinet-address" "A cabinet's address is IP:port, the port not 0."
    CabinetProfile "cabinet-profile" "A cabinet's register profile is a shipped one or one of the network's files."
    ProfileFit "profile-fit" "An intersection fits its cabinet's profile: its stages, its detector channels, its times in whole steps, its clock zero, its sequences."
    StoredPlans "stored-plans" "A cabinet that picks plans by number has stored plans, each with a number of its own; no other has any."
    StoredPlan "stored-plan" "A stored plan keeps its stages' minima and maxima and a permitted order, has a cycle the intersection may run, and an offset below it that holds every day."
    BlockSize "block-size" "A block lies within addresses 0 to 65535; what is written at once fits one write of the controller."
    BlockOverlap "block-overlap" "Blocks of one register table do not overlap."
    ItemPlace "item-place" "A value lies inside its block or record, and no two values or marks share a register."
    ItemForm "item-form" "A value's form holds what it has to say: checks and identities are u32, generations at least u32, instants as wide as clock zero and step ask for."
    Records "records" "Records of stages and of channels fit their block, behind its header."
    CodeTwice "code-twice" "Codes of one register differ."
    StatusTells "status-tells" "A status tells what the profile's other blocks rest on."
    ProfileOperation "profile-operation" "Without a place for it in the plan block, plans are followed in fixed time alone."
    ProfileTransition "profile-transition" "A controller that picks stored plans by number brings them to their offset by itself."
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_unique_and_plain() {
        let ids: BTreeSet<&str> = Rule::ALL.iter().map(|r| r.id()).collect();
        assert_eq!(ids.len(), Rule::ALL.len());
        assert!(ids.iter().all(|id| id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')));
    }
}
