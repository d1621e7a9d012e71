{# The first key that a YAML text has twice in one place, where the parser keeps the last one without a word; none where there is none.

   text: of mapping.yml. Keys are looked for line by line, and within braces, the innermost first. #}
{% macro repeated_key(text) %}
    {% set found, depth, keys = [], namespace(value=0), {} %}
    {% for line in text.splitlines() %}
        {% set key = modules.re.match('((?: |- +)*)["\']?([A-Za-z_][^\\s:#"\']*)["\']?\\s*:(?:\\s|$)', line | replace('\ufeff', '')) %}
        {% if key and depth.value == 0 %}
            {% set place = key.group(1) | length %}
            {#- a dash begins another item, and a key further left ends what was inside of the one before -#}
            {% for other in keys.keys() | list if other > place or (other == place and '-' in key.group(1)) %}
                {% do keys.pop(other) %}
            {% endfor %}
            {% if key.group(2) in keys.get(place, []) %}{% do found.append(key.group(2)) %}{% endif %}
            {% do keys.update({place: keys.get(place, []) + [key.group(2)]}) %}
        {% endif %}
        {% set unquoted = modules.re.sub('"[^"]*"|\'[^\']*\'|(?:^|\\s)#.*', '', line) %}
        {% set depth.value = [depth.value + unquoted.count('{') + unquoted.count('[') - unquoted.count('}') - unquoted.count(']'), 0] | max %}
    {% endfor %}
    {% set rest = namespace(text=text) %}
    {% for level in range(5) %}
        {% for braces in modules.re.findall('\\{([^{}]*)\\}', rest.text) %}
            {% set names = modules.re.findall('(?:^|,)\\s*["\']?([A-Za-z_][^\\s:,#"\']*)["\']?\\s*:', braces) %}
            {% for name in names if names.count(name) > 1 %}{% do found.append(name) %}{% endfor %}
        {% endfor %}
        {% set rest.text = modules.re.sub('\\{[^{}]*\\}', '', rest.text) %}
    {% endfor %}
    {{ return(found | first if found else none) }}
{% endmacro %}
