import Foundation
import Jobs
import KubernetesClient
import Logging

/// Reads the causes that stand only in events: a pod that can't be created, a volume that can't be mounted.
///
/// A watch of all events would cost more than the runs themselves. So the events of single objects are read: only of runs that wait
/// without a reason, one at a time with pauses, and less and less often.
extension KubernetesBackend {
    /// The largest number of events that one read returns.
    private static let most = 50

    /// When to read the events of a run; nil if its objects say why it waits.
    func nextEventRead(of run: RunView, now: Date) -> Date? {
        guard silentObject(of: run) != nil else {
            records.recordNotice(of: run.id, nil)
            return nil
        }
        let silence = timing.silence / .seconds(1)
        guard let last = records.notice(of: run.id) else {
            // An empty notice begins the silence.
            records.recordNotice(of: run.id, EventNotice(silentSince: now, silence))
            return now + silence
        }
        if last.nextTime <= now {
            eventReads.enqueueRun(run.id)
        }
        return last.nextTime
    }

    /// The object whose events may say why a run waits; nil if the run has ended, or if its objects say why it waits.
    private func silentObject(of run: RunView) -> RunView.SilentObject? {
        guard let status = run.status, !status.phase.isFinal, status.reason.isEmpty else { return nil }
        return run.silentObject
    }

    /// Reads the events of the queued runs.
    ///
    /// After a large push, most of the queued runs have their pods when their turn comes. They cost no request and no pause, so the queue
    /// does not outlast the push.
    func readEvents() async {
        for await id in eventReads.runs {
            let object = store.runs[id].flatMap { silentObject(of: $0) }
            if let object {
                await readEvents(of: id, object)
            }
            eventReads.finishRun(id)
            guard object != nil else {
                await Task.yield()
                continue
            }
            guard (try? await Task.sleep(for: timing.eventPause)) != nil else { return }
        }
    }

    private func readEvents(of id: RunID, _ object: RunView.SilentObject) async {
        let request = APIRequest.events(of: object.uid, namespace: object.namespace, limit: Self.most)
        do throws(APIError) {
            let events = try await objects.client.send(request, as: EventList.self).items ?? []
            let newest = events.max { $0.time < $1.time }
            let last = records.notice(of: id)
            let notice = EventNotice(newest, source: object.replica, after: last, now: Date())
            records.recordNotice(of: id, notice)
            if notice.message != last?.message {
                changed.yield(id)
            }
        } catch {
            logger.debug("events can't be read", metadata: ["run": "\(id)", "error": "\(error)"])
            records.recordNotice(of: id, EventNotice(nil, source: nil, after: records.notice(of: id), now: Date()))
        }
        scheduleLook(at: id)
    }
}

/// One page of events.
private struct EventList: Decodable, Sendable {
    var items: [EventObject]?
}

extension EventNotice {
    /// A run that has just begun to wait without a reason.
    fileprivate init(silentSince time: Date, _ pause: TimeInterval) {
        self.time = time
        self.pause = pause
    }
}
