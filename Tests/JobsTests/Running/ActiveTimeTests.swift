import Foundation
import Jobs
import Testing

/// How long a run ran, over all its parts.
@Suite
struct ActiveTimeTests {
    private static let start = Date(timeIntervalSince1970: 1_767_225_600)

    private static func at(_ seconds: Double) -> Date { start.addingTimeInterval(seconds) }

    /// An observation at a second.
    struct Step {
        let phase: Phase
        let now: Double
        /// When the first replica of the run started.
        var started: Double?
        /// When the replica of the current part started.
        var replica: Double?
        var completed: Double?
    }

    private static let story = [
        Step(phase: .preparing, now: 0), Step(phase: .running, now: 5, started: 3, replica: 3),
        Step(phase: .restarting, now: 9, started: 3), Step(phase: .running, now: 12, started: 3, replica: 11),
        Step(phase: .suspended, now: 13, started: 3), Step(phase: .suspended, now: 60, started: 3),
    ]

    @Test(
        arguments: [
            (story.prefix(1), nil, nil), (story.prefix(2), 0, 3), (story.prefix(4), 0, 3), (story[...], 10, nil),
            (story + [Step(phase: .pending, now: 100)], 10, nil),
            (story + [Step(phase: .running, now: 102, started: 3, replica: 101)], 10, 101),
            // A backend that forgets suspended runs shows the start of the new part.
            (story + [Step(phase: .running, now: 102, started: 101, replica: 101)], 10, 101),
            // The end was observed first.
            (story + [Step(phase: .pending, now: 100), end(101, 107)], 16, nil),
            (story + [Step(phase: .running, now: 102, replica: 101), end(101, 107), end(101, 107)], 16, nil),
            // A verdict from before the stop.
            (story + [end(3, 12)], 10, nil),
            ([end(3, 7)][...], 4, nil), ([Step(phase: .failed, now: 4, completed: 4)][...], nil, nil),
            // A queue of the cluster takes the run out and lets it in again.
            (
                story.prefix(2) + [
                    Step(phase: .queued, now: 8, started: 3), Step(phase: .running, now: 21, started: 3, replica: 20),
                    Step(phase: .unknown, now: 25), Step(phase: .running, now: 30, started: 3, replica: 20),
                ], 5, 20
            ),
        ] as [(ArraySlice<Step>, Double?, Double?)]
    )
    func `suspended and queued time does not count, and restarts do`(
        steps: ArraySlice<Step>,
        past: Double?,
        since: Double?
    ) {
        var (active, phase): (ActiveTime?, Phase?) = (nil, nil)
        for step in steps {
            let replica = ReplicaStatus(type: .worker, index: 0, startTime: step.replica.map(Self.at))
            let status = RunStatus(
                phase: step.phase,
                startTime: step.started.map(Self.at),
                completionTime: step.completed.map(Self.at),
                replicas: [replica]
            )
            active = status.activeTime(after: active, in: phase, now: Self.at(step.now))
            phase = step.phase
        }
        #expect(active == past.map { ActiveTime(past: $0, since: since.map(Self.at)) })
    }

    private static func end(_ started: Double, _ completed: Double) -> Step {
        Step(phase: .succeeded, now: completed + 1, started: started, replica: started, completed: completed)
    }
}
