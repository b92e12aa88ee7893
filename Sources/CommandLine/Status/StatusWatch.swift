import ArgumentParser
import Foundation
import Jobs

/// Shows jobs and what becomes of them, until it is interrupted.
struct StatusWatch {
    let listing: JobListing
    let scope: JobScope
    let format: ListFormat

    /// Asks once a second, and less often where the answer takes long. A service that goes away is waited for; one that is not there
    /// at the start, or refuses, ends the watch.
    func run() async throws {
        if format == .table, Terminal.obeysEscapes, Terminal.size != nil {
            try await draw()
        } else {
            try await tellChanges()
        }
    }

    /// On a terminal: in place.
    private func draw() async throws {
        var screen = LiveScreen()
        var jobs: [JobDocument]?
        var pace = Pace()
        repeat {
            var note: String?
            do throws(ServerError) {
                jobs = try await now(isFirst: jobs == nil)
            } catch {
                guard error.isPassing, jobs != nil else { throw error }
                note = "\(error)"
            }
            guard let size = Terminal.size else { return }
            var lines = jobs.map { StatusText(scope: scope, width: size.columns).lines($0.map(\.job)) } ?? []
            if let note {
                lines.insert(note.fitted(to: size.columns), at: 0)
            }
            try screen.draw(lines, size: size)
        } while await pace.rest()
    }

    /// Elsewhere: all of them, and then each that changed.
    private func tellChanges() async throws {
        var before: [JobKey: JobDocument]?
        var table: TextTable?
        var isAway = false
        var pace = Pace()
        repeat {
            let jobs: [JobDocument]
            do throws(ServerError) {
                jobs = try await now(isFirst: before == nil)
                isAway = false
            } catch {
                guard error.isPassing, before != nil else { throw error }
                if !isAway {
                    StandardError.say("\(error)")
                }
                isAway = true
                continue
            }
            let changed = jobs.filter { before?[$0.job.key] != $0 }
            let current = Dictionary(jobs.map { ($0.job.key, $0) }) { first, _ in first }
            let gone = (before ?? [:]).keys.filter { current[$0] == nil }.sorted()
            before = current
            switch format {
            case .json:
                let objects = try changed.compactMap(\.text) + gone.map(Self.gone)
                try StandardOutput.write(objects.reduce(into: Data()) { $0 += $1 + Data("\n".utf8) })
            case .table:
                let rows = StatusTable(width: nil, usesColour: Terminal.usesColour, now: Date())
                    .table(changed.map(\.job), like: table)
                let lines = table == nil && !jobs.isEmpty ? rows.lines : Array(rows.lines.dropFirst())
                table = table ?? (jobs.isEmpty ? nil : rows)
                try StandardOutput.write(
                    (lines + gone.map { PlainText.line("\($0)  gone") }).map { $0 + "\n" }.joined()
                )
            }
        } while await pace.rest()
    }

    /// A job that is gone while it is watched is an empty list; at the start it is a mistake.
    private func now(isFirst: Bool) async throws(ServerError) -> [JobDocument] {
        do throws(ServerError) {
            return try await listing.jobs()
        } catch {
            guard error.kind == .notFound, !isFirst else { throw error }
            return []
        }
    }

    /// The object of a job that is gone: all keys, and nothing behind them but its name.
    private static func gone(_ key: JobKey) throws -> Data {
        let metadata = ["cluster": key.cluster, "id": key.id, "partition": key.partition]
        let object: [String: Any] = ["metadata": metadata, "spec": NSNull(), "status": NSNull()]
        return try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
    }
}

/// How often a service is asked: with more rest where it takes longer, so that no watch is more than a small part of its work.
private struct Pace {
    private static let least = Duration.seconds(1)
    private static let most = Duration.seconds(30)

    private var start = ContinuousClock.now

    /// Waits until it is time for the next question; false where the task is cancelled.
    mutating func rest() async -> Bool {
        let taken = ContinuousClock.now - start
        let pause = min(max(Self.least, taken * 4), Self.most)
        guard (try? await Task.sleep(for: pause)) != nil else { return false }
        start = .now
        return true
    }
}
