extension CanonicalJob {
    /// The job as JSON text on one line, keys sorted: what `JSONEncoder` makes of it, in a tenth of the time.
    public var text: String {
        var text = JSONText()
        text.object { text in
            text.add("args", job.args)
            text.add("bootfile", job.bootfile)
            text.add("checkpointDir", job.checkpointDir)
            text.add("dependsOn", job.dependsOn)
            text.add("description", job.description)
            text.add("environment", job.environment)
            text.add("eventDir", job.eventDir)
            text.add("logDir", job.logDir)
            text.add("modelDir", job.modelDir)
            text.add("module", job.module)
            text.add("name", includesName ? job.name : nil)
            text.add("priority", job.priority)
            text.add("replicas", job.replicas) { text, group in
                text.object { text in
                    text.add("count", String(group.count))
                    text.add("resource") { text in
                        text.add("cpu", group.resource.cpu.description)
                        text.add("gpu", String(group.resource.gpu))
                        text.add("memory", group.resource.memory.text)
                    }
                    text.add("restartPolicy", group.restartPolicy?.rawValue)
                    text.add("type", group.type.rawValue)
                }
            }
            text.add("rerun", job.rerun)
            if let policy = job.runPolicy {
                text.add("runPolicy") { text in
                    text.add("activeDeadlineSeconds", policy.activeDeadlineSeconds)
                    text.add("backoffLimit", policy.backoffLimit)
                    text.add("cleanPodPolicy", policy.cleanPodPolicy?.rawValue)
                    text.add("restartScope", policy.restartScope?.rawValue)
                    text.add("suspend", policy.suspend)
                    text.add("ttlSecondsAfterFinished", policy.ttlSecondsAfterFinished)
                }
            }
            text.add("runtime", job.runtime.description)
            text.add("successPolicy", job.successPolicy?.rawValue)
            text.add("workdir", job.workdir)
        }
        return text.string
    }
}

/// JSON text that grows. Keys are written as they are, so they need no escapes; what is nil is left out.
private struct JSONText {
    private var bytes: [UInt8] = []
    /// Whether an object or a list has just begun.
    private var isFirst = true

    init() {
        bytes.reserveCapacity(1024)
    }

    var string: String { String(decoding: bytes, as: UTF8.self) }

    mutating func object(_ content: (inout JSONText) -> Void) {
        enclosed("{", "}", content)
    }

    mutating func add(_ key: StaticString, _ content: (inout JSONText) -> Void) {
        begin(key)
        object(content)
    }

    mutating func add(_ key: StaticString, _ value: String?) {
        guard let value else { return }
        begin(key)
        quote(value)
    }

    mutating func add(_ key: StaticString, _ value: Int?) {
        guard let value else { return }
        begin(key)
        bytes += String(value).utf8
    }

    mutating func add(_ key: StaticString, _ value: Bool?) {
        guard let value else { return }
        begin(key)
        bytes += (value ? "true" : "false").utf8
    }

    mutating func add(_ key: StaticString, _ values: [String]?) {
        guard let values else { return }
        add(key, values) { text, value in text.quote(value) }
    }

    mutating func add<Value>(_ key: StaticString, _ values: [Value], _ write: (inout JSONText, Value) -> Void) {
        begin(key)
        enclosed("[", "]") { text in
            for value in values {
                text.separate()
                write(&text, value)
            }
        }
    }

    mutating func add(_ key: StaticString, _ values: [String: String]?) {
        guard let values else { return }
        add(key) { text in
            for (name, value) in values.sorted(by: { $0.key < $1.key }) {
                text.separate()
                text.quote(name)
                text.bytes.append(UInt8(ascii: ":"))
                text.quote(value)
            }
        }
    }

    private mutating func enclosed(_ begin: Unicode.Scalar, _ end: Unicode.Scalar, _ content: (inout JSONText) -> Void)
    {
        bytes.append(UInt8(ascii: begin))
        isFirst = true
        content(&self)
        bytes.append(UInt8(ascii: end))
        isFirst = false
    }

    private mutating func separate() {
        if !isFirst {
            bytes.append(UInt8(ascii: ","))
        }
        isFirst = false
    }

    private mutating func begin(_ key: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        key.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    /// Escapes what RFC 8259, section 7, demands.
    private mutating func quote(_ text: String) {
        var text = text
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { unsafe append(escaping: $0) }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func append(escaping text: UnsafeBufferPointer<UInt8>) {
        guard unsafe text.contains(where: Self.isEscaped) else { return unsafe bytes.append(contentsOf: text) }
        for index in text.indices {
            let byte = unsafe text[index]
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0x20...: bytes.append(byte)
            default: escapeControl(byte)
            }
        }
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func escapeControl(_ byte: UInt8) {
        let short: [UInt8: String] = [0x08: "b", 0x09: "t", 0x0A: "n", 0x0C: "f", 0x0D: "r"]
        if let letter = short[byte] {
            bytes += "\\\(letter)".utf8
        } else {
            bytes += (byte < 0x10 ? "\\u000" : "\\u00").utf8
            bytes += String(byte, radix: 16).utf8
        }
    }
}
