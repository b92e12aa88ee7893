import Foundation
import Jobs
import KubernetesClient

/// What the cluster's events say about a run that waits without a reason of its own.
struct EventNotice: Sendable, Equatable {
    /// The reason of the newest event, for example `FailedCreate`; empty if there is none.
    var reason = ""
    var message = ""
    /// When the events were read.
    let time: Date
    /// The pause until they are read again; it doubles up to a minute while nothing changes.
    let pause: TimeInterval

    /// When to read the events again.
    var nextTime: Date { time + pause }

    /// - Parameters:
    ///   - event: the newest warning; nil if there is none.
    ///   - source: the object of the event, for example `worker-0`; nil if it creates the pods.
    ///   - last: what was known before.
    ///   - now: when the events were read.
    init(_ event: EventObject?, source: String?, after last: EventNotice?, now: Date) {
        if let event {
            reason = event.reason ?? "Warning"
            message = "\(source ?? "its pods can't be created"): \(event.text)"
        }
        time = now
        let isSame = last?.message == message
        pause = isSame ? min(60, (last?.pause ?? 5) * 2) : 5
    }
}

/// A report about another object.
///
/// Source: <https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/>, in the form of core/v1.
struct EventObject: Decodable, Sendable {
    struct Series: Decodable, Sendable {
        var lastObservedTime: String?
    }

    var reason: String?
    var message: String?
    var lastTimestamp: String?
    var eventTime: String?
    var series: Series?

    /// When the event was last seen.
    var time: Date {
        [series?.lastObservedTime, lastTimestamp, eventTime].compactMap { $0.flatMap(APITime.date) }.max()
            ?? .distantPast
    }

    /// The message in one line, without the beginning that all events of failed creations have.
    var text: String {
        let line = (message ?? "").split(whereSeparator: \.isNewline).joined(separator: " ")
        let prefix = "Error creating: "
        return line.hasPrefix(prefix) ? String(line.dropFirst(prefix.count)) : line
    }
}

extension RunView {
    /// An object whose events may say why a run waits, with the replica's name if the object is its pod.
    typealias SilentObject = (uid: String, namespace: String?, replica: String?)

    /// The object whose events may say why a run waits; nil if no replica waits, or if its pod says why.
    var silentObject: SilentObject? {
        guard let anchor, let job, result == nil else { return nil }
        for replica in replicas(of: job) where replica.state == .pending {
            guard let pod = pod(of: replica.name), !pod.state.isOver else {
                let owner = jobs.values.first { $0.type == replica.type }?.metadata ?? anchor.metadata
                return (owner.uid, owner.namespace, nil)
            }
            if pod.waitingReason == nil {
                return (pod.metadata.uid, pod.metadata.namespace, replica.name)
            }
        }
        return nil
    }
}
