import Foundation
import Jobs

/// A job as a service shows it: what is read of it, and the whole of it.
struct JobDocument: Sendable, Equatable {
    let job: JobAnswer
    /// The object, on one line, its keys sorted; nil where nobody asks for it.
    let text: Data?
}

/// A page of a list: of jobs, or of what has them.
struct ListPage: Sendable {
    /// The ids of clusters or partitions.
    var groups: [String] = []
    var jobs: [JobDocument] = []
    /// What gets the next page; nil on the last.
    var next: String?
}

extension ServerClient {
    /// Takes a page of a list apart.
    func page(_ data: Data, of path: String, keepsText: Bool) throws(ServerError) -> ListPage {
        let list = try decode(ListAnswer<JobAnswer>.self, data, path)
        let texts =
            keepsText ? try items(data, of: path).map { object throws(ServerError) in try text(object, path) } : []
        let jobs = list.items.enumerated().map { index, job in
            JobDocument(job: job, text: texts.indices.contains(index) ? texts[index] : nil)
        }
        return ListPage(jobs: jobs, next: list.metadata?.continue)
    }

    /// Takes the answer for one job as a page of its own.
    func single(_ data: Data, of path: String, keepsText: Bool) throws(ServerError) -> ListPage {
        let job = try decode(JobAnswer.self, data, path)
        let text =
            keepsText
            ? try (try? JSONSerialization.jsonObject(with: data)).map { object throws(ServerError) in
                try self.text(object, path)
            } : nil
        return ListPage(jobs: [JobDocument(job: job, text: text)])
    }

    /// The items of a list, whatever members they have.
    func items(_ data: Data, of path: String) throws(ServerError) -> [Any] {
        let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
        guard let items = object?["items"] as? [Any] else { throw notUnderstood(path) }
        return items
    }

    func text(_ object: Any, _ path: String) throws(ServerError) -> Data {
        let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
        guard let text = try? JSONSerialization.data(withJSONObject: object, options: options) else {
            throw notUnderstood(path)
        }
        return text
    }
}

/// A list, or a page of one.
struct ListAnswer<Item: Decodable>: Decodable {
    struct Metadata: Decodable {
        let `continue`: String?
    }

    let metadata: Metadata?
    let items: [Item]
}

/// A cluster or a partition.
struct GroupAnswer: Decodable {
    let id: String
}

/// Jobs as JSON: an array of the objects that the service shows, also of a single one.
enum StatusDocument {
    static func array(_ objects: [Data]) -> Data {
        guard !objects.isEmpty else { return Data("[]\n".utf8) }
        var data = Data("[\n".utf8)
        for (index, object) in objects.enumerated() {
            data += object
            data += Data((index == objects.count - 1 ? "\n" : ",\n").utf8)
        }
        return data + Data("]\n".utf8)
    }
}

/// What `status` shows of a scope.
struct StatusText {
    let scope: JobScope
    /// The columns of the terminal; nil: as many as it takes.
    let width: Int?

    func lines(_ jobs: [JobAnswer]) -> [String] {
        let table = StatusTable(width: width, usesColour: Terminal.usesColour, now: Date())
        if case .job(let key) = scope {
            return jobs.first.map(StatusDetail(table: table).lines) ?? ["\(key) is gone".fitted(to: width ?? .max)]
        }
        return jobs.isEmpty ? [none.fitted(to: width ?? .max)] : table.table(jobs).lines
    }

    /// That there are no jobs.
    var none: String {
        switch scope {
        case .all: "there are no jobs, or none that you may see"
        case .cluster(let cluster): "there are no jobs on the cluster \(cluster), or none that you may see"
        case .partition(let cluster, let partition): "there are no jobs in \(cluster)/\(partition)"
        case .job(let key): "there is no job \(key)"
        }
    }
}
