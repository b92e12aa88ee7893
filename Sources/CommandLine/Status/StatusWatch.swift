import ArgumentParser
import Foundation
import Jobs

/// Shows jobs and their changes until it is interrupted.
struct StatusWatch {
    let listing: JobListing
    let scope: JobScope
    let filter: JobFilter
    let format: StatusFormat

    /// Asks the service once a second, and less often if answers take long. The watch waits for a service that goes
    /// away. It ends if the service does not answer at the start, or refuses.
    func run() async throws {
        if format.isTable, Terminal.obeysEscapes, Terminal.size != nil {
            try await redrawJobs()
        } else {
            try await printChanges()
        }
    }

    /// Redraws the jobs in place, on a terminal.
    private func redrawJobs() async throws {
        var screen = LiveScreen()
        var selection: JobSelection?
        var pace = Pace()
        repeat {
            var note: String?
            do throws(ServerError) {
                selection = try await currentJobs(isFirst: selection == nil)
            } catch {
                guard error.isPassing, selection != nil else { throw error }
                note = "\(error)"
            }
            guard let size = Terminal.size else { return }
            let text = StatusText(scope: scope, filter: filter, isWide: format == .wide, width: size.columns)
            var lines = selection.map(text.lines) ?? []
            if let note {
                lines.insert(note.fitted(to: size.columns), at: 0)
            }
            try screen.drawLines(lines, size: size)
        } while await pace.waitForNextRequest()
    }

    /// Prints all jobs and then each change, if the output is not a terminal.
    private func printChanges() async throws {
        var before: [JobKey: JobDocument]?
        var table: TextTable?
        var isAway = false
        var pace = Pace()
        repeat {
            let jobs: [JobDocument]
            do throws(ServerError) {
                jobs = try await currentJobs(isFirst: before == nil).jobs
                isAway = false
            } catch {
                guard error.isPassing, before != nil else { throw error }
                if !isAway {
                    StandardError.writeMessage("\(error)")
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
            case .table, .wide, .name:
                var columns = StatusTable(width: nil, usesColour: Terminal.usesColour, now: Date())
                columns.isWide = format == .wide
                let rows = columns.table(changed.map(\.job).inOrder, like: table)
                let lines = table == nil && !jobs.isEmpty ? rows.lines : Array(rows.lines.dropFirst())
                table = table ?? (jobs.isEmpty ? nil : rows)
                try StandardOutput.write(
                    (lines + gone.map { PlainText.line("\($0)  \(absence)") }).map { $0 + "\n" }.joined()
                )
            }
        } while await pace.waitForNextRequest()
    }

    /// What is said of a job that is not listed any more. With a filter, it may still exist.
    private var absence: String { filter.isSelective ? "does not match any more" : "gone" }

    /// Gets the jobs. A single job that does not exist is an error at the start, and an empty list later.
    private func currentJobs(isFirst: Bool) async throws(ServerError) -> JobSelection {
        do throws(ServerError) {
            return try await listing.selection()
        } catch {
            guard error.kind == .notFound, !isFirst else { throw error }
            return JobSelection()
        }
    }

    /// The JSON object of a job that is gone. It has all keys, and only the name has a value.
    private static func gone(_ key: JobKey) throws -> Data {
        let metadata = ["cluster": key.cluster, "id": key.id, "partition": key.partition]
        let object: [String: Any] = ["metadata": metadata, "spec": NSNull(), "status": NSNull()]
        return try JSONOutput.object(object)
    }
}

/// The interval between requests. It grows with the time of an answer, so that a watch is only a small load for the
/// service.
private struct Pace {
    private static let least = Duration.seconds(1)
    private static let most = Duration.seconds(30)

    private var start = ContinuousClock.now

    /// Waits until the next request is due. Returns false if the task is cancelled.
    mutating func waitForNextRequest() async -> Bool {
        let taken = ContinuousClock.now - start
        let pause = min(max(Self.least, taken * 4), Self.most)
        guard (try? await Task.sleep(for: pause)) != nil else { return false }
        start = .now
        return true
    }
}
