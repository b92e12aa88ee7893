import ArgumentParser
import Foundation
import Jobs

/// Shows jobs and what becomes of them, until it is interrupted.
struct StatusWatch {
    let listing: JobListing
    let scope: JobScope
    let format: ListFormat

    private static let pause = Duration.seconds(1)

    /// Asks once a second. A service that is away is waited for; one that refuses ends the watch.
    func run() async throws {
        if format == .table, Terminal.size != nil {
            try await draw()
        } else {
            try await tellChanges()
        }
    }

    /// On a terminal: in place.
    private func draw() async throws {
        var screen = LiveScreen()
        var jobs: [JobDocument]?
        repeat {
            var note: String?
            do throws(ServerError) {
                jobs = try await now(isFirst: jobs == nil)
            } catch {
                guard error.isPassing else { throw error }
                note = "\(error)"
            }
            guard let size = Terminal.size else { return }
            var lines = jobs.map { StatusText(scope: scope, width: size.columns).lines($0.map(\.job)) } ?? []
            if let note {
                lines.insert(note.fitted(to: size.columns), at: 0)
            }
            try screen.draw(lines, size: size)
        } while (try? await Task.sleep(for: Self.pause)) != nil
    }

    /// Elsewhere: all of them, and then each that changed.
    private func tellChanges() async throws {
        var before: [JobKey: JobDocument]?
        var table: TextTable?
        var isAway = false
        repeat {
            let jobs: [JobDocument]
            do throws(ServerError) {
                jobs = try await now(isFirst: before == nil)
                isAway = false
            } catch {
                guard error.isPassing else { throw error }
                if !isAway {
                    StandardError.say("\(error)")
                }
                isAway = true
                continue
            }
            let changed = jobs.filter { before?[$0.job.key] != $0 }
            let gone = (before ?? [:]).keys.filter { key in !jobs.contains { $0.job.key == key } }.sorted()
            before = Dictionary(uniqueKeysWithValues: jobs.map { ($0.job.key, $0) })
            switch format {
            case .json:
                try StandardOutput.write(changed.compactMap(\.text).reduce(into: Data()) { $0 += $1 + Data("\n".utf8) })
                try StandardOutput.write(gone.map(Self.gone).joined())
            case .table:
                let rows = StatusTable(width: nil, usesColour: Terminal.usesColour, now: Date())
                    .table(changed.map(\.job), like: table)
                let lines = table == nil && !jobs.isEmpty ? rows.lines : Array(rows.lines.dropFirst())
                table = table ?? (jobs.isEmpty ? nil : rows)
                try StandardOutput.write((lines + gone.map { "\($0)  gone" }).map { $0 + "\n" }.joined())
            }
        } while (try? await Task.sleep(for: Self.pause)) != nil
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
    private static func gone(_ key: JobKey) -> String {
        let name = #""cluster":"\#(key.cluster)","id":"\#(key.id)","partition":"\#(key.partition)""#
        return #"{"metadata":{\#(name)},"spec":null,"status":null}"# + "\n"
    }
}
