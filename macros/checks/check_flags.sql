{# Run hook: stops a build with --empty or --sample, which gives models without their rows: it would be green, published, and what
   grows with the log would take them for read. In another project, a warehouse of its own may be made so. #}
{% macro check_flags() %}
    {% for flag in ['empty', 'sample'] if execute and project_name == 'pingtop' and is_building() and invocation_args_dict.get(flag) %}
        {% do exceptions.raise_compiler_error(
            "A build with --" ~ flag ~ " would leave rows out of the tables: build without it."
        ) %}
    {% endfor %}
{% endmacro %}
